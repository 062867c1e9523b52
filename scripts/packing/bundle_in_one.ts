import { fromFileUrl } from "@std/path";
import type { PackedFile } from "./packed_file.ts";
import { commandModules, pageAssets } from "./program_parts.ts";
import { runTool } from "./run_tool.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/**
 * Bundles the program and the page in one file, for hosts where nothing can be written: files in memory
 * have no names by which one module could import another. It starts slowly, as the runtime parses all of
 * it.
 *
 * @param folder Empty folder below the root, to work in.
 */
export async function bundleInOne(folder: string): Promise<PackedFile> {
  const imported = (path: string) => JSON.stringify(`${ROOT}${path}`);
  const lines = [
    `import { start } from ${imported("cli/start.ts")};`,
    `import { BUNDLED_COMMANDS } from ${imported("cli/command_table.ts")};`,
    `import { BUNDLED_ASSETS } from ${imported("lib/page/bundled_assets.ts")};`,
    ...commandModules(ROOT).map((path) =>
      `BUNDLED_COMMANDS.set("${path}", () => import(${imported(`cli/${path}.ts`)}));`
    ),
    "const encoder = new TextEncoder();",
    ...pageAssets(ROOT).map(({ name, bytes }) => {
      const text = JSON.stringify(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
      return `BUNDLED_ASSETS.set("${name}", encoder.encode(${text}));`;
    }),
    "await start();",
  ];
  const entry = `${folder}/memory.ts`;
  await Deno.writeTextFile(entry, lines.join("\n"));
  const bundled = `${folder}/memory.js`;
  const options = ["--quiet", "--platform", "deno", "--output", bundled];
  await runTool(Deno.execPath(), ["bundle", ...options, entry], { cwd: ROOT });
  // The bundler names each module above its text, and this one has another name each time.
  const text = (await Deno.readTextFile(bundled)).replaceAll(folder.slice(ROOT.length), "packed");
  return { path: "memory.js", bytes: new TextEncoder().encode(text), kind: "memory" };
}
