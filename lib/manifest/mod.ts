/**
 * Manifest: the table of contents of a snapshot, kept as `index.json.blob`.
 *
 * A manifest lists the *files* of its snapshot (indexes and blobs) with *size*, *checksum* and *crypt
 * mode*. Its *canonical* text may carry a *signature* made with a key; the *unprotected* members
 * (notes, verify state, statistics, key fingerprint) are outside of it
 * (spec: datastore-formats.md §4).
 *
 * @module
 */

export { UNPROTECTED_KEYS } from "./format.ts";
export { type Json, NumberText } from "./_json.ts";
export { lookUpArchive, lookUpFile, type ManifestArchive } from "./look_up_file.ts";
export { createManifest, type Manifest, type ManifestFile } from "./manifest.ts";
export { decodeManifestBlob, encodeManifestBlob } from "./manifest_blob.ts";
export { canonicalManifest, parseManifest, serializeManifest } from "./manifest_text.ts";
export {
  checkKeyFingerprint,
  checkSignature,
  computeSignature,
  signManifest,
} from "./signature.ts";
export {
  type ChunkUploadStats,
  chunkUploadStatsOf,
  keyFingerprintOf,
  notesOf,
  unprotectedMember,
  type VerifyState,
  verifyStateOf,
  withChunkUploadStats,
  withNotes,
  withUnprotected,
  withVerifyState,
} from "./unprotected.ts";
export { checkManifestOf, verifyBlob, verifyIndex } from "./verify_file.ts";
