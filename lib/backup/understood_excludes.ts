import { concatBytes, quotePath } from "../bytes/mod.ts";
import { absolutePath, MatchEntry, type MatchList, pathBelow } from "../fs/mod.ts";
import { Errno } from "../../ffi/errno.ts";
import { statPath } from "../../ffi/posix_files.ts";

const SLASH = 0x2f;

/**
 * Exclude patterns as they are meant for a source: one that is a path of the file system below it
 * stands for the path in the source.
 *
 * Patterns begin at the source (spec: pxar.md §5.3.2), and what they match there goes on to be left
 * out: only where nothing can be at that place is one understood in the other way.
 *
 * @param tell Told what a pattern is taken for.
 * @returns As many entries, in the same order.
 */
export function understoodExcludes(
  excludes: MatchList,
  source: Uint8Array,
  tell: (line: string) => void,
): MatchList {
  if (!excludes.some(({ pattern }) => pattern[0] === SLASH)) return excludes;
  const root = absolutePath(source);
  if (hasItsOwnPath(root)) return excludes;
  return excludes.map((entry) => {
    const below = patternBelow(entry.pattern, root);
    if (below === undefined) return entry;
    tell(
      `exclude pattern ${quotePath(entry.pattern)} is taken for ${quotePath(below)} in the source`,
    );
    const text = entry.directoriesOnly ? concatBytes([below, new Uint8Array([SLASH])]) : below;
    return new MatchEntry(text, entry.type, entry.anchored);
  });
}

/**
 * Whether a source has its own path below itself, so that patterns with it may be about what is there.
 *
 * @param root From `absolutePath`.
 */
export function hasItsOwnPath(root: Uint8Array): boolean {
  const found = statPath(new Uint8Array(concatBytes([root, root])));
  return found !== -Errno.ENOENT && found !== -Errno.ENOTDIR;
}

/** The rest of a pattern that is a path of the file system below a source; undefined if it is none. */
export function patternBelow(pattern: Uint8Array, root: Uint8Array): Uint8Array | undefined {
  const below = root.length > 1 ? pathBelow(pattern, root) : undefined;
  return below !== undefined && below.length > 1 ? below : undefined;
}
