import type { Elsewhere } from "./elsewhere.ts";
import type { BackupSnapshot } from "./snapshot_path.ts";

/**
 * A snapshot to read from (spec: protocol.md §6). Nothing it returns has been checked against the
 * manifest: that is the reader's work (spec: datastore-formats.md §7).
 */
export interface SnapshotSource extends AsyncDisposable {
  readonly snapshot: BackupSnapshot;
  /** Other places for what is missing or damaged here; absent if there are none. */
  readonly elsewhere?: Elsewhere | undefined;
  /** The raw bytes of a file of the snapshot: a blob, an index, `index.json.blob`. */
  readFile(name: string): Promise<Uint8Array>;
  /**
   * Reads a chunk's blob into memory of the caller, native or not. The index that names it must have
   * been read before through {@linkcode SnapshotSource.readFile}. Several calls may be pending.
   *
   * @param digest 32 bytes.
   * @param buffer Called with the blob's length in bytes; returns where to put it.
   * @throws {NotFoundError} if the store has no such chunk.
   * @throws {CorruptDataError} if its length cannot be that of a chunk.
   */
  readChunk(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void>;
}
