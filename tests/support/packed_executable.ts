import { createHash } from "node:crypto";
import { fromFileUrl } from "@std/path";
import { runPeer } from "./run_peer.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));
const folder = `${root}.setup/pack/tests`;
/** What goes into the executable. */
const SOURCES = ["cli", "lib", "ffi", "native", "scripts/packing", "deno.json", "deno.lock"];
const NO_SOURCES = ["native/target", "native/include"];
/** Tests need no small file, and one of this level is made in a tenth of the time. */
export const PACK_LEVEL = "3";

/**
 * The packed executable of the sources as they are. It is made when it is first asked for; another
 * process that asks meanwhile waits.
 *
 * @returns Its path, which tests must leave as it is.
 */
export async function packedExecutable(): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  using lock = await Deno.open(`${folder}/lock`, { create: true, write: true });
  await lock.lock(true);
  const path = `${folder}/${sourcesState()}/pbs-client`;
  if (isFile(path)) return path;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) await Deno.remove(`${folder}/${name}`, { recursive: true });
  }
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")));
  await runPeer(`${root}scripts/pack`, ["--level", PACK_LEVEL, "--output", path]);
  return path;
}

/** Stands for names, sizes and times of all sources. */
function sourcesState(): string {
  const hash = createHash("sha256").update(Deno.version.deno);
  const add = (path: string): void => {
    if (NO_SOURCES.includes(path)) return;
    const { isDirectory, size, mtime } = Deno.statSync(root + path);
    if (!isDirectory) return void hash.update(`${path} ${size} ${mtime?.getTime()}\n`);
    for (const name of [...Deno.readDirSync(root + path)].map(({ name }) => name).sort()) {
      add(`${path}/${name}`);
    }
  };
  for (const path of SOURCES) add(path);
  return hash.digest("hex").slice(0, 16);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
