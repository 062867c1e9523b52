import { compareBytes } from "../bytes/mod.ts";

const SLASH = 0x2f;

/** Whether a path lies below that of a directory. */
export function isBelow(directory: Uint8Array, path: Uint8Array): boolean {
  return path.length > directory.length && path[directory.length] === SLASH &&
    compareBytes(path.subarray(0, directory.length), directory) === 0;
}
