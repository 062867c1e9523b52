import { checkBlobCrc, decodeBlob, MAX_BLOB_PLAIN_BYTES } from "../blob/mod.ts";
import type { CryptConfig } from "../crypto/mod.ts";
import { NotFoundError } from "../errors/mod.ts";
import { type ChunkIndex, parseDynamicIndex, parseFixedIndex } from "../index/mod.ts";
import {
  checkKeyFingerprint,
  checkManifestOf,
  checkSignature,
  decodeManifestBlob,
  keyFingerprintOf,
  type Manifest,
  type ManifestFile,
  verifyBlob,
  verifyIndex,
} from "../manifest/mod.ts";
import {
  CLIENT_LOG_BLOB_NAME,
  ENCRYPTED_KEY_BLOB_NAME,
  MANIFEST_BLOB_NAME,
  type SnapshotSource,
} from "../repository/mod.ts";
import { loadFile } from "./_load_file.ts";

/** Listener for what a manifest says about itself. */
export interface ReadingObserver {
  /** A line for people; the run goes on. */
  log(level: "debug" | "info" | "warn" | "error", message: string): void;
  /** The manifest was signed with the key at hand, and nothing was changed since. */
  signatureVerified?(config: CryptConfig): void;
}

/**
 * A snapshot whose manifest was checked, and whose files are checked against it before anything of
 * them is used (spec: datastore-formats.md §7.1).
 */
export class CheckedSnapshot {
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
   * @param observer Hears whether the manifest is signed.
   * @throws {CorruptDataError} if it is damaged or not this snapshot's, {KeyError} if the key is not
   *   the one it was made with.
   */
  static async open(
    source: SnapshotSource,
    crypt: CryptConfig | undefined,
    wanted: string,
    observer: ReadingObserver,
  ): Promise<CheckedSnapshot> {
    const manifest = await decodeManifestBlob(await source.readFile(MANIFEST_BLOB_NAME));
    checkManifestOf(manifest, source.snapshot);
    if (crypt !== undefined) {
      const isSigned = checkSignature(manifest, crypt) === "signed";
      checkKeyFingerprint(manifest, crypt);
      if (isSigned) observer.signatureVerified?.(crypt);
      else observer.log("warn", describeUnsigned(manifest));
    } else if (wanted === ENCRYPTED_KEY_BLOB_NAME) {
      observer.log(
        "info",
        "Restoring encrypted key blob without original key - skipping manifest fingerprint check!",
      );
    } else checkKeyFingerprint(manifest, undefined);
    return new CheckedSnapshot(source, manifest, crypt);
  }

  /**
   * Reads the manifest of a snapshot that may have been made with a key that is not here. What is not
   * encrypted can be looked at; nobody can tell then whether it was changed after it was signed.
   *
   * @throws {CorruptDataError} if it is damaged or not this snapshot's.
   */
  static async openWithoutKey(source: SnapshotSource): Promise<CheckedSnapshot> {
    const manifest = await decodeManifestBlob(await source.readFile(MANIFEST_BLOB_NAME));
    checkManifestOf(manifest, source.snapshot);
    return new CheckedSnapshot(source, manifest, undefined);
  }

  /** Reads an index and compares it with the manifest. */
  async readIndex(file: ManifestFile): Promise<ChunkIndex> {
    return await loadFile(file.filename, this.source, (bytes) => {
      const index = file.filename.endsWith(".fidx")
        ? parseFixedIndex(bytes, file.filename)
        : parseDynamicIndex(bytes, file.filename);
      verifyIndex(file, index);
      return index;
    });
  }

  /** Reads a blob, compares it with the manifest and decodes it. */
  async readBlob(file: ManifestFile): Promise<Uint8Array> {
    return await loadFile(file.filename, this.source, async (blob) => {
      verifyBlob(file, blob);
      return await this.#decode(blob, file.filename);
    });
  }

  /**
   * Reads the log of the backup, which comes after the manifest and is not in it: if it is not
   * encrypted, nothing but its checksum is there to verify (spec: datastore-formats.md §4.10).
   *
   * @returns undefined if the manifest lists a file of that name, or there is none.
   */
  async readLog(): Promise<Uint8Array | undefined> {
    if (this.manifest.files.some(({ filename }) => filename === CLIENT_LOG_BLOB_NAME)) {
      return undefined;
    }
    try {
      const blob = await this.source.readFile(CLIENT_LOG_BLOB_NAME);
      checkBlobCrc(blob, CLIENT_LOG_BLOB_NAME);
      return await this.#decode(blob, CLIENT_LOG_BLOB_NAME);
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  #decode(blob: Uint8Array, name: string): Promise<Uint8Array> {
    return decodeBlob(blob, {
      maxSizeBytes: MAX_BLOB_PLAIN_BYTES,
      encryptionKey: this.crypt?.encryptionKey,
      idKey: this.crypt?.idKey,
      name,
    });
  }
}

/** Without signature nobody can tell what the server has changed (spec: datastore-formats.md §4.5). */
function describeUnsigned(manifest: Manifest): string {
  const wasSigned = keyFingerprintOf(manifest) !== undefined ||
    manifest.files.some(({ cryptMode }) => cryptMode !== "none");
  return wasSigned
    ? "warning: the manifest's SIGNATURE IS MISSING: somebody has removed it, and may have changed " +
      "the list of files and what they consist of"
    : "warning: the snapshot is not signed, so the key proves nothing about it";
}
