// Bundles the page that `browse` and `serve` show: `page/` becomes `lib/page/assets/`. Called by
// set_up.sh when the page is older than its sources.

import { fileURLToPath } from "node:url";

const ROOT = new URL("../", import.meta.url);
const OUTPUT = new URL("lib/page/assets/", ROOT);
/** Files that are served as they are, and the styles, in the order in which they are joined. */
const COPIED = ["index.html", "icon.svg"];
const STYLES = [
  "theme.css",
  "layout.css",
  "parts.css",
  "overlays.css",
  "stores.css",
  "calendar.css",
  "files.css",
  "versions.css",
];

/** Lets a reader see the old file or the new one, also when two of these run at a time. */
async function put(name: string, content: Uint8Array | string): Promise<void> {
  const temporary = new URL(`.${name}.${crypto.randomUUID()}.tmp`, OUTPUT);
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await Deno.writeFile(temporary, bytes);
  await Deno.rename(temporary, new URL(name, OUTPUT));
}

async function bundle(): Promise<Uint8Array> {
  const options = ["--quiet", "--platform", "browser", "--minify"];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", ...options, "page/main.tsx"],
    cwd: fileURLToPath(ROOT),
    stdout: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return stdout;
}

await Deno.mkdir(OUTPUT, { recursive: true });
const source = (name: string) => Deno.readTextFile(new URL(`page/${name}`, ROOT));
for (const name of COPIED) await put(name, await source(name));
const styles = await Promise.all(STYLES.map((name) => source(`styles/${name}`)));
await put("page.css", styles.join("\n"));
await put("page.js", await bundle());
