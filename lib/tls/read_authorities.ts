import { readSmallText } from "../bounded/mod.ts";
import { withoutMark } from "../bytes/mod.ts";

/** A bundle of all authorities that there are has less than one. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Certificate authorities of a file, PEM text.
 *
 * @throws {Error} of the system if there is no such file, or that it is too large for one.
 */
export async function readAuthorities(path: string): Promise<string> {
  return withoutMark(await readSmallText(path, MAX_BYTES));
}
