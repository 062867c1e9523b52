import { checkBlobCrc, decodeBlob, MAX_BLOB_PLAIN_BYTES } from "../blob/mod.ts";
import { bytesEqual, encodeHex } from "../bytes/mod.ts";
import type { CryptConfig } from "../crypto/mod.ts";
import { openIndex, type SnapshotCopy } from "../elsewhere/mod.ts";
import { CorruptDataError, describeError, KeyError, PbsError } from "../errors/mod.ts";
import { type ChunkIndex, DIGEST_LENGTH, INDEX_CHECKSUM_OFFSET } from "../index/mod.ts";
import { checkSignature, type ManifestFile, verifyBlob, verifyIndex } from "../manifest/mod.ts";
import { archiveKind, isSafeName, type SnapshotSource } from "../repository/mod.ts";

/** An index or a blob that is what its manifest says. */
export type GoodFile = { readonly bytes: Uint8Array; readonly index?: ChunkIndex };

/**
 * Checks a file of a snapshot as a verification does.
 *
 * @throws {CorruptDataError} if it is not what the manifest says.
 */
export async function checkFile(file: ManifestFile, bytes: Uint8Array): Promise<GoodFile> {
  if (archiveKind(file.filename) === "blob") {
    verifyBlob(file, bytes);
    const { encrypted } = checkBlobCrc(bytes, file.filename);
    if (!encrypted) await decodeBlob(bytes, { maxSizeBytes: MAX_BLOB_PLAIN_BYTES });
    return { bytes };
  }
  const index = openIndex(bytes, file.filename);
  verifyIndex(file, index);
  return { bytes, index };
}

/** Name under which a file may be found again by its checksum and size. */
export function contentKey({ size, checksum }: Pick<ManifestFile, "size" | "checksum">): string {
  return `${size} ${encodeHex(checksum)}`;
}

/**
 * Looks whether the manifest of a copy can be that of a snapshot which has lost its own: of the files
 * that are there and sound in themselves, none may be another one than it lists.
 *
 * @param crypt A key, if there is one: a signature that does not hold is refused.
 * @returns Why not, or undefined.
 */
export async function whyOtherManifest(
  { manifest }: SnapshotCopy,
  source: SnapshotSource,
  crypt: CryptConfig | undefined,
): Promise<string | undefined> {
  try {
    if (crypt !== undefined) checkSignature(manifest, crypt);
  } catch (error) {
    if (error instanceof CorruptDataError) return error.message;
    // Made with another key: nothing can be said about it.
    if (!(error instanceof KeyError)) throw error;
  }
  for (const file of manifest.files) {
    if (!isSafeName(file.filename) || archiveKind(file.filename) === undefined) {
      return `it lists "${file.filename}", which is not the name of an index or a blob`;
    }
    const problem = await contradiction(file, source);
    if (problem !== undefined) return `its "${file.filename}" is another one: ${problem}`;
  }
  return undefined;
}

async function contradiction(
  file: ManifestFile,
  source: SnapshotSource,
): Promise<string | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await source.readFile(file.filename);
    if (!isSoundAlone(file.filename, bytes)) return undefined;
  } catch (error) {
    if (error instanceof PbsError) return undefined;
    throw error;
  }
  try {
    await checkFile(file, bytes);
    return undefined;
  } catch (error) {
    return describeError(error)[0];
  }
}

/**
 * Whether a file agrees with the checksum that it has in itself. That of an encrypted blob does not cover
 * all of it.
 */
function isSoundAlone(name: string, bytes: Uint8Array): boolean {
  if (archiveKind(name) === "blob") return !checkBlobCrc(bytes, name).encrypted;
  const { checksum } = openIndex(bytes, name);
  const end = INDEX_CHECKSUM_OFFSET + DIGEST_LENGTH;
  return bytesEqual(bytes.subarray(INDEX_CHECKSUM_OFFSET, end), checksum);
}
