import { posixLibrary } from "./posix_library.ts";

/** Left to the runtime, to connections, locks and directories. */
const RESERVE = 48;
const LEAST = 8;

/**
 * A share of the files that the process may have open at a time, `ulimit -n`.
 *
 * @param part Such as a quarter of what is left when the program itself has what it needs.
 * @param most Upper limit of the result.
 * @returns At least 1.
 */
export function openFilesShare(part: number, most: number): number {
  const all = Number(posixLibrary().pbs_open_files_max());
  const left = Math.max(all - RESERVE, LEAST);
  return Math.max(1, Math.min(most, Math.floor(left * part)));
}
