// deno-lint-ignore-file no-console
// Fails on an import that points upwards (cli → lib → ffi), on one that enters a room of lib past its
// door, and on circles between rooms, between folders of a room, between files, and between the modules
// of a native crate.

import { checkImports } from "./layers/check_imports.ts";
import { checkModules } from "./layers/check_modules.ts";

/** Circles of files still to be undone; the check fails for a new one and for one that is gone. */
const KNOWN_CYCLES: readonly (readonly string[])[] = [];

/** Circles of native modules, likewise. */
const KNOWN_MODULE_CYCLES: readonly (readonly string[])[] = [];

const root = new URL("../", import.meta.url);

async function read(
  folder: string,
  sources: Map<string, string>,
  end = /\.tsx?$/,
): Promise<void> {
  for await (const entry of Deno.readDir(new URL(folder, root))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) await read(path, sources, end);
    else if (end.test(path)) sources.set(path, await Deno.readTextFile(new URL(path, root)));
  }
}

const sources = new Map<string, string>();
for (const layer of ["ffi", "lib", "cli", "page"]) await read(layer, sources);
const { problems: ofImports, files, rooms } = checkImports(sources, KNOWN_CYCLES);
const problems = [...ofImports];
const modules = new Map<string, string>();
for (const crate of Deno.readDirSync(new URL("native", root))) {
  if (!crate.isDirectory || crate.name === "include" || crate.name === "target") continue;
  await read(`native/${crate.name}/src`, modules, /\.rs$/);
}
problems.push(...checkModules(modules, KNOWN_MODULE_CYCLES));
for (const problem of problems) console.error(problem);
if (problems.length > 0) Deno.exit(1);
console.error(
  `layers: ${files} files in ${rooms} rooms, no upward import, known circles: ${KNOWN_CYCLES.length}`,
);
