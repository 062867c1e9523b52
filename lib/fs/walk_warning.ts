import { quotePath } from "../bytes/mod.ts";
import { errnoText } from "../../ffi/errno.ts";

/**
 * Kind of an event of a walk (spec: pxar.md §5.5, §5.10).
 *
 * - `mount-point`: a directory whose contents are on a file system that is not wanted
 * - `vanished`: removed, or replaced by something of another type, since the directory was listed
 * - `stat-denied`, `open-denied`: no access; the entry is missing in the archive
 * - `stale`: stale file handle; the entry is missing in the archive
 * - `unreachable`: another error of the file system, such as that of a dead mount; the entry is
 *   missing in the archive
 * - `incomplete`: the same while a directory was listed; entries of it are missing in the archive
 * - `shrunk`, `grew`: the file's size changed while it was read (reported by the reader)
 * - `unreadable`: a stretch of the file could not be read, zeros take its place
 * - `exclude-file`: a `.pxarexclude`, `.gitignore` or `CACHEDIR.TAG` that could not be read was ignored
 * - `source-marked`: the source itself has the name that says to leave the contents out
 * - `pattern-normalised`: a pattern had `.`, `..` or empty components
 * - `bad-pattern`: a line of a `.pxarexclude` was ignored
 * - `attributes-left-out`: some entries have extended attributes that archives do not hold
 */
export type WalkWarningKind =
  | "mount-point"
  | "vanished"
  | "stat-denied"
  | "open-denied"
  | "stale"
  | "unreachable"
  | "incomplete"
  | "shrunk"
  | "grew"
  | "unreadable"
  | "exclude-file"
  | "source-marked"
  | "pattern-normalised"
  | "bad-pattern"
  | "attributes-left-out";

/** Something about one entry that the user should know; the walk goes on. */
export interface WalkWarning {
  readonly kind: WalkWarningKind;
  /** Path relative to the root, without leading slash; of the `.pxarexclude` for pattern kinds. */
  readonly path: Uint8Array;
  /** Error number of a system call that failed. */
  readonly errno?: number;
  /** Fault of a pattern, what was tried with an unreachable entry, or which attributes. */
  readonly detail?: string;
  /** Which bytes of the file could not be read. */
  readonly gap?: { readonly offset: number; readonly length: number };
}

/** A log line and its level. */
export interface WarningText {
  readonly level: "info" | "warn" | "error";
  readonly text: string;
}

/**
 * The log line for a warning, worded as scripts expect it (spec: cli.md §4.1.4).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const path = new TextEncoder().encode("a/b");
 * assertEquals(describeWarning({ kind: "vanished", path }), {
 *   level: "warn",
 *   text: 'warning: file vanished while reading: "a/b"',
 * });
 * ```
 */
export function describeWarning(warning: WalkWarning): WarningText {
  const path = quotePath(warning.path);
  const detail = warning.detail ?? (warning.errno === undefined ? "" : errnoText(warning.errno));
  switch (warning.kind) {
    case "mount-point":
      return { level: "info", text: `skipping mount point: ${path}` };
    case "vanished":
      return { level: "warn", text: `warning: file vanished while reading: ${path}` };
    case "stat-denied":
      return { level: "warn", text: `warning: failed to stat file: ${path}: access denied` };
    case "open-denied":
      return { level: "warn", text: `failed to open file: ${path}: access denied` };
    case "stale":
      return { level: "warn", text: `warning: stale file handle, left out: ${path}` };
    case "unreachable":
      return {
        level: "warn",
        text: `warning: ${detail} file: ${path}: ${errnoText(warning.errno ?? 0)}, left out`,
      };
    case "incomplete":
      return {
        level: "warn",
        text: `warning: cannot list directory: ${path}: ${detail}, entries are missing`,
      };
    case "unreadable": {
      const { offset = 0, length = 0 } = warning.gap ?? {};
      return {
        level: "warn",
        text: `warning: cannot read file: ${path}: ${detail}, ` +
          `${length} bytes at offset ${offset} are replaced by zeros!`,
      };
    }
    case "shrunk":
      return {
        level: "warn",
        text: `warning: file size shrunk while reading: ${path}, file will be padded with zeros!`,
      };
    case "grew":
      return {
        level: "warn",
        text: `warning: file size increased while reading: ${path}, file will be truncated!`,
      };
    case "exclude-file":
      return { level: "warn", text: `warning: exclude file ${path} is ignored: ${detail}` };
    case "source-marked":
      return {
        level: "warn",
        text: `warning: the source has ${path}: everything else in it is left out`,
      };
    case "pattern-normalised":
      return { level: "warn", text: `warning: pattern in ${path} was cleaned up: ${detail}` };
    case "bad-pattern":
      return { level: "error", text: `bad pattern in ${path} is ignored: ${detail}` };
    case "attributes-left-out":
      return { level: "info", text: `extended attributes that no archive holds: ${detail}` };
  }
}
