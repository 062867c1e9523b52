import { checkBlobCrc, decodeBlob, encodeBlob, MAX_BLOB_PLAIN_BYTES } from "../blob/mod.ts";
import { type CryptConfig, sha256 } from "../crypto/mod.ts";
import {
  type Manifest,
  type ManifestFile,
  signManifest,
  UNPROTECTED_KEYS,
  verifyBlob,
  withUnprotected,
} from "../manifest/mod.ts";
import { archiveKind, type CryptMode, ENCRYPTED_KEY_BLOB_NAME } from "../repository/mod.ts";
import { copyBlob } from "./_copy_blob.ts";
import { copyIndex, type IndexCopyContext } from "./_index_copy.ts";
import { ChunkRecoder, recodeIndex } from "./_recode_index.ts";
import type { SnapshotRecoding } from "./recoding.ts";

/**
 * Copies the files of a snapshot for another key, or for none.
 *
 * @param manifest Checked with the key of the source.
 * @returns The manifest of the copy, signed if it has a key.
 * @throws {CorruptDataError} if anything of it is damaged.
 */
export async function recodeFiles(
  context: IndexCopyContext,
  manifest: Manifest,
  recoding: SnapshotRecoding,
): Promise<Manifest> {
  using recoder = new ChunkRecoder(recoding);
  const files: ManifestFile[] = [];
  for (const file of manifest.files) {
    context.signal.throwIfAborted();
    // The old key, for its owner; it opens nothing of the copy.
    if (file.filename === ENCRYPTED_KEY_BLOB_NAME) continue;
    const mode = modeOf(file.cryptMode, recoding);
    const isBlob = archiveKind(file.filename) === "blob";
    if (mode !== "encrypt" && file.cryptMode !== "encrypt") {
      await (isBlob ? copyBlob(context, file) : copyIndex(context, file));
      files.push({ ...file, cryptMode: mode });
    } else if (isBlob) files.push(await recodeBlob(context, recoding, file, mode));
    else files.push(await recodeIndex(context, recoder, file, mode));
  }
  const copy = {
    ...withUnprotected(manifest, UNPROTECTED_KEYS.keyFingerprint, undefined),
    files,
    signature: undefined,
  };
  return recoding.to === undefined ? copy : signManifest(copy, recoding.to);
}

/** A log that comes beside the manifest, for the key of the copy. */
export async function recodeLog(
  blob: Uint8Array,
  name: string,
  { from, to }: SnapshotRecoding,
): Promise<Uint8Array> {
  const isEncrypted = checkBlobCrc(blob, name).encrypted;
  if (!isEncrypted && to === undefined) return blob;
  return await encode(await decode(blob, name, from), to);
}

function modeOf(mode: CryptMode, { kind }: SnapshotRecoding): CryptMode {
  if (kind === "reencrypt") return mode;
  return kind === "encrypt" ? "encrypt" : "none";
}

async function recodeBlob(
  { count, source, target }: IndexCopyContext,
  { from, to }: SnapshotRecoding,
  file: ManifestFile,
  cryptMode: CryptMode,
): Promise<ManifestFile> {
  const { filename } = file;
  const blob = await source.readFile(filename);
  verifyBlob(file, blob);
  const copy = await encode(await decode(blob, filename, from), to);
  await target.uploadBlob(filename, copy);
  count({ bytesDone: copy.byteLength, bytesMoved: copy.byteLength });
  return { filename, cryptMode, size: copy.byteLength, checksum: sha256(copy) };
}

async function decode(
  blob: Uint8Array,
  name: string,
  key: CryptConfig | undefined,
): Promise<Uint8Array> {
  return await decodeBlob(blob, {
    maxSizeBytes: MAX_BLOB_PLAIN_BYTES,
    encryptionKey: key?.encryptionKey,
    idKey: key?.idKey,
    name,
  });
}

async function encode(plain: Uint8Array, key: CryptConfig | undefined): Promise<Uint8Array> {
  return await encodeBlob(plain, { compress: true, encryptionKey: key?.encryptionKey });
}
