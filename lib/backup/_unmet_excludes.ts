import { quotePath } from "../bytes/mod.ts";
import { type MatchList, normaliseMatchPath } from "../fs/mod.ts";
import type { BackupRequest } from "./backup_request.ts";

const SLASH = 0x2f;

/**
 * One line for each exclude pattern of the command line that matched nothing in any of the trees.
 * Whoever writes the path of the file system means one below the source: the line says which.
 *
 * @param met One number for each of the patterns: 0 if it matched nothing.
 */
export function describeUnmetExcludes(
  { archives, excludes: given }: BackupRequest,
  patterns: MatchList,
  met: Uint8Array,
): string[] {
  const sources = archives
    .filter(({ kind, command }) => kind === "pxar" && command === undefined)
    .map(({ path }) => path);
  if (sources.length === 0) return [];
  // Empty patterns were left out; what follows the last one is not the user's.
  const texts = given.filter((text) => text !== "");
  return texts.flatMap((text, i) => {
    if (patterns[i] === undefined || met[i] !== 0) return [];
    const below = belowSource(patterns[i].pattern, sources);
    const meant = below === undefined
      ? ""
      : `; patterns begin at the source, write ${quotePath(below)}`;
    return [`warning: exclude pattern '${text}' matched nothing${meant}`];
  });
}

/** The rest of a path in the file system after the source that it lies below. */
function belowSource(pattern: Uint8Array, sources: readonly Uint8Array[]): Uint8Array | undefined {
  if (pattern[0] !== SLASH) return undefined;
  for (const source of sources) {
    const absolute = normaliseMatchPath(absolutePath(source));
    const end = absolute.at(-1) === SLASH ? absolute.length - 1 : absolute.length;
    const isPrefix = pattern.length > end + 1 && pattern[end] === SLASH &&
      absolute.subarray(0, end).every((byte, i) => byte === pattern[i]);
    if (end > 0 && isPrefix) return pattern.subarray(end);
  }
  return undefined;
}

function absolutePath(path: Uint8Array): Uint8Array {
  if (path[0] === SLASH) return path;
  const folder = new TextEncoder().encode(`${workingFolder()}/`);
  const joined = new Uint8Array(folder.length + path.length);
  joined.set(folder);
  joined.set(path, folder.length);
  return joined;
}

/** Empty where it was removed: a hint is not worth a backup. */
function workingFolder(): string {
  try {
    return Deno.cwd();
  } catch {
    return "";
  }
}
