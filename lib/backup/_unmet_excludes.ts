import { quotePath } from "../bytes/mod.ts";
import { absolutePath, type MatchList } from "../fs/mod.ts";
import type { BackupRequest } from "./backup_request.ts";
import { hasItsOwnPath, patternBelow } from "./understood_excludes.ts";

/**
 * One line for each exclude pattern of the command line that matched nothing in any of the trees.
 * Whoever writes the path of the file system means one below the source: the line says which.
 *
 * @param patterns All of the run; before those of the command line are those of files, which are often
 *   meant for many places.
 * @param met One number for each of the patterns: 0 if it matched nothing.
 */
export function describeUnmetExcludes(
  { archives, excludes: given, leaveOut }: BackupRequest,
  patterns: MatchList,
  met: Uint8Array,
): string[] {
  const sources = archives
    .filter(({ kind, command }) => kind === "pxar" && command === undefined)
    .map(({ path }) => path);
  if (sources.length === 0) return [];
  // Empty patterns were left out; what follows the last one is not the user's.
  const texts = given.filter((text) => text !== "");
  const first = leaveOut?.patterns.length ?? 0;
  return texts.flatMap((text, i) => {
    const entry = patterns[first + i];
    if (entry === undefined || met[first + i] !== 0) return [];
    const below = belowSource(entry.pattern, sources);
    const meant = below === undefined
      ? ""
      : `; patterns begin at the source, write ${quotePath(below)}`;
    return [`warning: exclude pattern '${text}' matched nothing${meant}`];
  });
}

/** Pattern that may have been meant by one that is a path of the file system, but means another. */
function belowSource(pattern: Uint8Array, sources: readonly Uint8Array[]): Uint8Array | undefined {
  for (const source of sources) {
    const root = absolutePath(source);
    const below = patternBelow(pattern, root);
    if (below !== undefined && hasItsOwnPath(root)) return below;
  }
  return undefined;
}
