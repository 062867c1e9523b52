import type { EntryMetadata } from "../pxar/mod.ts";

/**
 * Receiver of what a restore loop meets in an archive, in the archive's order. Names are
 * single components; none of the calls waits.
 */
export interface ExtractSink {
  /** Metadata of the archive's root, applied to the target directory at the end. */
  root(metadata: EntryMetadata): void;
  /** Begins a directory; what follows is below it. */
  enterDirectory(name: Uint8Array, metadata: EntryMetadata): void;
  /** Ends the directory that was entered last. */
  leaveDirectory(): void;
  /**
   * Begins a regular file. The caller gives exactly `sizeBytes` bytes by `data` and then calls
   * `endFile`, also where the answer is false; it may pass over the data then.
   *
   * @returns Whether the data is wanted.
   */
  beginFile(name: Uint8Array, metadata: EntryMetadata, sizeBytes: number): boolean;
  /** Adds bytes of the current chunk to the file. */
  data(offset: number, lengthBytes: number): void;
  /** Ends the file. */
  endFile(): void;
  /** Gives up the file that has begun: nothing of it stays under its name. */
  dropFile(): void;
  /** Makes a symbolic link with exactly this target. */
  symlink(name: Uint8Array, metadata: EntryMetadata, target: Uint8Array): void;
  /** Makes another name of a file restored before; the path is relative to the root. */
  hardlink(name: Uint8Array, targetPath: Uint8Array): void;
  /** Makes a character or block device, as the mode says. */
  device(name: Uint8Array, metadata: EntryMetadata, major: number, minor: number): void;
  /** Makes a named pipe. */
  fifo(name: Uint8Array, metadata: EntryMetadata): void;
  /** Makes a socket. */
  socket(name: Uint8Array, metadata: EntryMetadata): void;
}
