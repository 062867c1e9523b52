import { UsageError } from "../../errors/mod.ts";
import { formatUpid, type Upid } from "../../repository/mod.ts";

/** Longest name of a file on Linux: a task's identifier is the name of its log. */
const MAX_FILE_NAME_BYTES = 255;
/** Ends a worker id that was cut. */
const CUT = "...";

/**
 * A task identifier that can be the name of a file: a worker id that is too long is cut and ends in
 * `...`. Each byte of it may take four after escaping (spec: protocol.md §3.5), so that names of 60
 * characters can be too long already; the log's first line has them whole.
 *
 * @throws {UsageError} if what is left is too long even without a worker id.
 */
export function fitWorkerId(upid: Upid): Upid {
  if (lengthOf(upid) <= MAX_FILE_NAME_BYTES) return upid;
  const characters = [...upid.workerId];
  const cutAt = (count: number): Upid => ({
    ...upid,
    workerId: characters.slice(0, count).join("") + CUT,
  });
  let [fits, tooLong] = [0, characters.length];
  if (lengthOf(cutAt(fits)) > MAX_FILE_NAME_BYTES) {
    throw new UsageError(`the name "${upid.authId}" is too long for the log of a task`);
  }
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if (lengthOf(cutAt(middle)) <= MAX_FILE_NAME_BYTES) fits = middle;
    else tooLong = middle;
  }
  return cutAt(fits);
}

function lengthOf(upid: Upid): number {
  return new TextEncoder().encode(formatUpid(upid)).byteLength;
}
