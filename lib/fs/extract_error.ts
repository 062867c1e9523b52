/** The step at which the extraction of an entry failed (spec: pxar.md §6.6). */
export type ExtractStep =
  | "create"
  | "open"
  | "write"
  | "initial attribute flags"
  | "ownership"
  | "extended attributes"
  | "file capabilities"
  | "access control list"
  | "project id"
  | "permissions"
  | "modification time"
  | "attribute flags"
  | "FAT attributes"
  | "hard link target"
  | "remove"
  | "create device"
  | "delete";

/** One entry, or one step of its metadata, that could not be restored. */
export interface ExtractError {
  /** Path below the target directory, raw bytes without leading slash; empty for the root. */
  readonly path: Uint8Array;
  /** The step that failed. */
  readonly step: ExtractStep;
  /** Positive Linux error number. */
  readonly errno: number;
  /** One line that names the path, the step and the reason. */
  readonly message: string;
}
