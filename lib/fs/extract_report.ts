import type { ExtractError } from "./extract_error.ts";

/** Result of an extraction. */
export interface ExtractReport {
  /** Regular files whose data is complete. */
  readonly files: number;
  /** Directories made or reused, without the root. */
  readonly directories: number;
  readonly symlinks: number;
  readonly hardlinks: number;
  /** Devices, named pipes and sockets. */
  readonly nodes: number;
  /** Bytes of file data, holes included. */
  readonly bytes: number;
  /** The first 1000 errors, in the order of a walk, whatever thread met them first. */
  readonly errors: readonly ExtractError[];
  /** How many errors there were. */
  readonly errorCount: number;
}
