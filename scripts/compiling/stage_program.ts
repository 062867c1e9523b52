import { fromFileUrl } from "@std/path";
import { fuseLibraryFile } from "./fuse_library_file.ts";
import { runTool } from "../packing/run_tool.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
/** What the runtime's configuration consists of. */
const CONFIGURATION = ["deno.json", "deno.lock", "page/deno.json"];
/** Folders of sources, and the page. */
const SOURCES = ["cli", "lib", "ffi"];
/** Folders of modules that the command table names: the runtime does not see them in any import. */
const COMMANDS = ["cli/commands", "cli/pxar_commands"];
const ASSETS = "lib/page/assets";
/** Where the program looks for the native core; libfuse 3 goes beside it. */
const LIBRARIES = "native/target/release";

/**
 * Lays out what an executable consists of: the sources without tests, the page, the native core without
 * its symbols and libfuse 3, all where the program looks for them.
 *
 * @param folder Empty folder for them.
 * @returns Paths in it that no import names, to be included.
 * @throws {Error} if something is missing.
 */
export async function stageProgram(folder: string): Promise<string[]> {
  for (const path of CONFIGURATION) await copy(path, folder);
  for (const path of SOURCES) await copyFolder(path, folder);
  await Deno.mkdir(`${folder}/${LIBRARIES}`, { recursive: true });
  const core = `${LIBRARIES}/libpbs_native.so`;
  await runTool("strip", ["--strip-unneeded", "-o", `${folder}/${core}`, ROOT + core]);
  const fuse = `${LIBRARIES}/libfuse3.so.3`;
  await Deno.copyFile(await fuseLibraryFile(), `${folder}/${fuse}`);
  const commands = COMMANDS.flatMap((path) =>
    [...Deno.readDirSync(`${folder}/${path}`)].map(({ name }) => `${path}/${name}`).sort()
  );
  return [...commands, ASSETS, core, fuse];
}

async function copyFolder(path: string, folder: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(ROOT + path)) {
    if (isDirectory) await copyFolder(`${path}/${name}`, folder);
    else if (!name.endsWith("_test.ts")) await copy(`${path}/${name}`, folder);
  }
}

async function copy(path: string, folder: string): Promise<void> {
  const parent = path.slice(0, path.lastIndexOf("/") + 1);
  await Deno.mkdir(`${folder}/${parent}`, { recursive: true });
  await Deno.copyFile(ROOT + path, `${folder}/${path}`);
}
