import { bytesEqual } from "../bytes/mod.ts";
import { isBelow } from "./_is_below.ts";

/**
 * Whether two hard links below directories lead to the same file, which may have moved along with
 * them from the one to the other.
 */
export function isSameTarget(
  old: Uint8Array,
  now: Uint8Array,
  oldTop: Uint8Array,
  newTop: Uint8Array,
): boolean {
  if (isBelow(oldTop, old) && isBelow(newTop, now)) {
    return bytesEqual(old.subarray(oldTop.length), now.subarray(newTop.length));
  }
  return bytesEqual(old, now);
}
