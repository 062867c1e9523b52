import { concatBytes } from "../bytes/mod.ts";
import { normaliseMatchPath } from "./match_normalise.ts";

const SLASH = 0x2f;

/** A path from the root, by the working folder if it is relative. Purely lexical, no slash at the end. */
export function absolutePath(path: Uint8Array): Uint8Array {
  const folder = path[0] === SLASH ? "" : `${workingFolder()}/`;
  const joined = concatBytes([new TextEncoder().encode(folder), path]);
  const clean = normaliseMatchPath(joined);
  return clean.length > 1 && clean.at(-1) === SLASH ? clean.subarray(0, -1) : clean;
}

/**
 * The part of an absolute path that is behind a directory.
 *
 * @param directory From {@linkcode absolutePath}.
 * @returns With its leading slash; empty for the directory itself; undefined if it lies elsewhere.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const bytes = (text: string) => new TextEncoder().encode(text);
 * assertEquals(pathBelow(bytes("/srv/site/cache"), bytes("/srv/site")), bytes("/cache"));
 * assertEquals(pathBelow(bytes("/srv/sites"), bytes("/srv/site")), undefined);
 * ```
 */
export function pathBelow(path: Uint8Array, directory: Uint8Array): Uint8Array | undefined {
  const end = directory.length === 1 ? 0 : directory.length;
  if (path.length < end || (path.length > end && path[end] !== SLASH)) return undefined;
  for (let i = 0; i < end; i++) if (path[i] !== directory[i]) return undefined;
  return path.subarray(end);
}

/** Empty where it was removed: everything that is given as absolute still works. */
function workingFolder(): string {
  try {
    return Deno.cwd();
  } catch {
    return "";
  }
}
