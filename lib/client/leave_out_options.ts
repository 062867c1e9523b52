import type { LeaveOut } from "../backup/mod.ts";
import { UsageError } from "../errors/mod.ts";
import { checkMarkName, ListedPaths } from "../fs/mod.ts";

/** Reasons beside patterns to leave something out of the trees of a snapshot. */
export interface LeaveOutOptions {
  /** Whether the contents of directories with a valid `CACHEDIR.TAG` are left out. */
  readonly caches?: boolean;
  /** Names of entries that keep the other contents of their directory out. */
  readonly ifPresent?: readonly string[];
  /** Largest size of files, bytes. */
  readonly largerThanBytes?: number;
  /** Whether that is left out which Git ignores. */
  readonly gitignore?: boolean;
  /**
   * The only paths that are stored, with what is below them: of the file system, or without a slash
   * in front of the sources.
   */
  readonly allBut?: readonly string[];
}

/**
 * The rules that these options make.
 *
 * @throws {UsageError} if they make no sense.
 */
export function leaveOutOf(options: LeaveOutOptions): LeaveOut {
  const encoder = new TextEncoder();
  const { caches, gitignore, largerThanBytes, allBut } = options;
  const ifPresent = (options.ifPresent ?? []).map((name) => encoder.encode(name));
  for (const name of ifPresent) checkMarkName(name, "ifPresent");
  if (largerThanBytes !== undefined && !(largerThanBytes >= 0)) {
    throw new UsageError(`largerThanBytes takes a number of bytes, ${largerThanBytes} is none`);
  }
  const listed = new ListedPaths();
  if (allBut !== undefined) {
    if (allBut.length === 0) {
      throw new UsageError("no path is listed, so there is nothing to store");
    }
    listed.addWords(encoder.encode(allBut.map((path) => `${path}\0`).join("")), "allBut");
  }
  return {
    patterns: [],
    filters: {
      ...(caches === undefined ? {} : { caches }),
      ...(gitignore === undefined ? {} : { gitignore }),
      ...(ifPresent.length === 0 ? {} : { ifPresent }),
      ...(largerThanBytes === undefined ? {} : { largerThanBytes }),
    },
    ...(allBut === undefined ? {} : { listed }),
    oneFileSystem: false,
  };
}
