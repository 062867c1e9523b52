import { quotePath } from "../bytes/mod.ts";
import { UsageError } from "../errors/mod.ts";

const NAME_BYTES_MAX = 255;
const DOT = 0x2e;
const SLASH = 0x2f;

/**
 * Makes sure that a mark of directories is the name of an entry.
 *
 * @param what What the name was given as, in messages.
 * @throws {UsageError} if it is none.
 */
export function checkMarkName(name: Uint8Array, what: string): void {
  const isDots = name.length < 3 && name.every((byte) => byte === DOT);
  const isName = !isDots && name.length <= NAME_BYTES_MAX && !name.includes(SLASH) &&
    !name.includes(0);
  if (!isName) throw new UsageError(`${what} takes a name, ${quotePath(name)} is none`);
}
