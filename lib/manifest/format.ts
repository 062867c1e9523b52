// The manifest (spec: datastore-formats.md §4).

/** Members of `unprotected`. */
export const UNPROTECTED_KEYS = {
  keyFingerprint: "key-fingerprint",
  chunkUploadStats: "chunk_upload_stats",
  notes: "notes",
  verifyState: "verify_state",
} as const;

/**
 * Longest text of a manifest: some 20,000 archives. As objects in memory it takes many times that, and
 * a list of snapshots reads the manifests of all.
 */
export const MAX_MANIFEST_BYTES: number = 4 * 1024 * 1024;
/** Objects and arrays inside one another beyond this are refused, as the reference does. */
export const MAX_JSON_DEPTH = 128;
