import { ConflictError, CorruptDataError } from "../errors/mod.ts";
import { checkManifestOf, type Manifest, verifyIndex } from "../manifest/mod.ts";
import type { BackupSnapshot } from "../repository/mod.ts";

/** Size and checksum of a stored file, as a manifest lists them. */
export interface UploadedFile {
  /** Bytes: of the virtual file of an index, of the raw blob. */
  readonly size: number;
  readonly checksum: Uint8Array;
}

/**
 * The files that a backup has stored so far. The reference believes whatever manifest comes at the
 * end (spec: protocol.md §5.8); readers of the snapshot would have to pay for that.
 */
export class UploadedFiles {
  readonly #files = new Map<string, UploadedFile>();

  /** Notes a file; one that was stored again counts as it is now. */
  add(name: string, file: UploadedFile): void {
    this.#files.set(name, file);
  }

  /**
   * Files that the manifest does not list may be there: nobody is misled by them.
   *
   * @throws {ConflictError} if a manifest is that of another snapshot, or lists files twice, that were
   *   not stored, or that were stored with another size or checksum.
   */
  check(manifest: Manifest, snapshot: BackupSnapshot): void {
    try {
      checkManifestOf(manifest, snapshot);
      const listed = new Set<string>();
      for (const file of manifest.files) {
        const name = JSON.stringify(file.filename);
        const uploaded = this.#files.get(file.filename);
        if (uploaded === undefined) {
          throw new CorruptDataError(`it lists ${name}, which this backup has not stored`);
        }
        if (listed.has(file.filename)) throw new CorruptDataError(`it lists ${name} twice`);
        listed.add(file.filename);
        verifyIndex(file, uploaded);
      }
    } catch (cause) {
      if (!(cause instanceof CorruptDataError)) throw cause;
      throw new ConflictError(
        `cannot finish backup: its manifest does not agree with what was stored: ${cause.message}`,
      );
    }
  }
}
