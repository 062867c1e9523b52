import { fromFileUrl } from "@std/path";
import { commandModules, pageAssets } from "./program_parts.ts";
import type { PackedFile } from "./packed_file.ts";
import { runTool } from "./run_tool.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
/** A module that is loaded when it is needed. The runtime would read and parse it at every start. */
const LATER = /\bimport\("(\.\.?\/[^"]+)"\)/g;

/**
 * Bundles the program: `main.js`, a module for each command, and modules that these share.
 *
 * @param folder Empty folder to work in.
 */
export async function bundleProgram(folder: string): Promise<PackedFile[]> {
  await runTool(Deno.execPath(), [
    ...["bundle", "--quiet", "--platform", "deno", "--code-splitting", "--outdir", folder],
    ...["cli/main.ts", ...commandModules(ROOT).map((path) => `cli/${path}.ts`)],
  ], { cwd: ROOT });
  const files = readModules(folder, "");
  for (const { name, bytes } of pageAssets(ROOT)) files.push(packed(`assets/${name}`, bytes));
  // Whatever lies in the folders above, these are modules.
  files.push(packed("package.json", new TextEncoder().encode('{"type":"module"}\n')));
  return files.sort((a, b) => a.path < b.path ? -1 : 1);
}

function readModules(folder: string, below: string): PackedFile[] {
  return [...Deno.readDirSync(`${folder}/${below}`)].flatMap(({ name, isDirectory }) => {
    const path = below + name;
    if (isDirectory) return readModules(folder, `${path}/`);
    const text = Deno.readTextFileSync(`${folder}/${path}`);
    if (below !== "" && text.includes("import.meta")) {
      // The sources look for their files relative to themselves, which only works where they all lie.
      throw new Error(`"${path}" of the bundle looks for files from where it lies`);
    }
    return [packed(path, new TextEncoder().encode(text.replaceAll(LATER, 'import((0, "$1"))')))];
  });
}

function packed(path: string, bytes: Uint8Array<ArrayBuffer>): PackedFile {
  return { path: `program/${path}`, bytes, kind: "plain" };
}
