import { decodeBlob, MAX_BLOB_PLAIN_BYTES } from "../blob/mod.ts";
import type { CryptConfig } from "../crypto/mod.ts";
import { type ChunkIndex, parseDynamicIndex, parseFixedIndex } from "../index/mod.ts";
import {
  checkKeyFingerprint,
  checkSignature,
  checkSnapshot,
  decodeManifestBlob,
  ENCRYPTED_KEY_BLOB_NAME,
  type Manifest,
  MANIFEST_BLOB_NAME,
  type ManifestFile,
  verifyBlob,
  verifyIndex,
} from "../manifest/mod.ts";
import type { SnapshotSource } from "../repository/mod.ts";

/**
 * A snapshot whose manifest was checked, and whose files are checked against it before anything of
 * them is used (spec: datastore-formats.md §7.1).
 */
export class VerifiedSnapshot {
  private constructor(
    readonly source: SnapshotSource,
    readonly manifest: Manifest,
    readonly crypt: CryptConfig | undefined,
  ) {}

  /**
   * Reads and checks the manifest.
   *
   * @param source Where to read from; stays the caller's.
   * @param wanted Server name of the file that is wanted: the encrypted key is given without a key.
   * @throws {CorruptDataError} if it is damaged or not this snapshot's, {KeyError} if the key is not
   *   the one it was made with.
   */
  static async open(
    source: SnapshotSource,
    crypt: CryptConfig | undefined,
    wanted: string,
  ): Promise<VerifiedSnapshot> {
    const manifest = await decodeManifestBlob(await source.readFile(MANIFEST_BLOB_NAME));
    checkSnapshot(manifest, source.snapshot);
    if (crypt !== undefined) checkSignature(manifest, crypt);
    if (crypt !== undefined || wanted !== ENCRYPTED_KEY_BLOB_NAME) {
      checkKeyFingerprint(manifest, crypt);
    }
    return new VerifiedSnapshot(source, manifest, crypt);
  }

  /** Reads an index and compares it with the manifest. */
  async readIndex(file: ManifestFile): Promise<ChunkIndex> {
    const bytes = await this.source.readFile(file.filename);
    const index = file.filename.endsWith(".fidx")
      ? parseFixedIndex(bytes, file.filename)
      : parseDynamicIndex(bytes, file.filename);
    verifyIndex(file, index);
    return index;
  }

  /** Reads a blob, compares it with the manifest and decodes it. */
  async readBlob(file: ManifestFile): Promise<Uint8Array> {
    const blob = await this.source.readFile(file.filename);
    verifyBlob(file, blob);
    return await decodeBlob(blob, {
      maxSizeBytes: MAX_BLOB_PLAIN_BYTES,
      encryptionKey: this.crypt?.encryptionKey,
      idKey: this.crypt?.idKey,
      name: file.filename,
    });
  }
}
