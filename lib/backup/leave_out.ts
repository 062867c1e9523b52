import type { ListedPaths, WalkFilters } from "../fs/mod.ts";

/** Everything that says what is left out of the trees of a run, beside its `excludes`. */
export interface LeaveOut {
  /** Patterns of files that were named; they come before the excludes. */
  readonly patterns: readonly Uint8Array[];
  readonly filters: Omit<WalkFilters, "selection">;
  /** The only paths to store, with what is below them. */
  readonly listed?: ListedPaths;
  /** Whether it was asked for to stay on the file system of each source, which is the default. */
  readonly oneFileSystem: boolean;
}

/**
 * The lines that tell a reader of an archive what else was left out of it; see
 * {@linkcode recordedExcludes}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const ifPresent = [new TextEncoder().encode(".nobackup")];
 * const filters = { caches: true, ifPresent, largerThanBytes: 1e9 };
 * assertEquals(describeLeaveOut({ patterns: [], filters, oneFileSystem: false }), [
 *   "exclude-caches",
 *   "exclude-if-present .nobackup",
 *   "exclude-larger-than 1000000000",
 * ]);
 * ```
 */
export function describeLeaveOut(leaveOut: LeaveOut | undefined): string[] {
  if (leaveOut === undefined) return [];
  const { filters, listed, oneFileSystem } = leaveOut;
  const lines: string[] = [];
  if (filters.caches) lines.push("exclude-caches");
  if (filters.gitignore) lines.push("exclude-gitignore");
  for (const name of filters.ifPresent ?? []) lines.push(`exclude-if-present ${plainText(name)}`);
  if (filters.largerThanBytes !== undefined) {
    lines.push(`exclude-larger-than ${filters.largerThanBytes}`);
  }
  if (listed !== undefined) lines.push(`files-from ${listed.count} paths`);
  if (oneFileSystem) lines.push("one-file-system");
  return lines;
}

/** Bytes as text that can be read back: what is no printable ASCII as in addresses of the web. */
function plainText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    text += byte > 0x20 && byte < 0x7f && byte !== 0x25
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).padStart(2, "0").toUpperCase()}`;
  }
  return text;
}
