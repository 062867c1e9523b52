import { bytesEqual } from "../bytes/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type { BackupSnapshot } from "../repository/mod.ts";
import type { Manifest, ManifestFile } from "./manifest.ts";

/**
 * Compares an index with its manifest entry, the size first (spec: datastore-formats.md §7.1).
 *
 * @param index Size and checksum as recomputed from the entries.
 * @throws {CorruptDataError} if they differ.
 */
export function verifyIndex(
  file: ManifestFile,
  index: { readonly size: number; readonly checksum: Uint8Array },
): void {
  if (index.size !== file.size) {
    throw new CorruptDataError(
      `wrong size of file "${file.filename}": ${index.size} instead of ${file.size} bytes`,
    );
  }
  if (!bytesEqual(index.checksum, file.checksum)) {
    throw new CorruptDataError(
      `wrong checksum of file "${file.filename}": it is not the one that the manifest lists`,
    );
  }
}

/**
 * Compares a raw blob with its manifest entry, before it is decoded.
 *
 * @throws {CorruptDataError} if length or SHA-256 differ.
 */
export function verifyBlob(file: ManifestFile, blob: Uint8Array): void {
  verifyIndex(file, {
    size: blob.byteLength,
    checksum: blob.byteLength === file.size ? sha256(blob) : new Uint8Array(),
  });
}

/**
 * Checks that a manifest is that of the snapshot it was asked for: a server could hand out an older,
 * genuine one under another name (datastore-formats.md §7.2).
 *
 * @throws {CorruptDataError} if type, id or time differ.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { createManifest } from "./manifest.ts";
 * const manifest = createManifest({ type: "host", id: "elsa", time: 1700000000 });
 * assertThrows(() => checkManifestOf(manifest, { type: "host", id: "elsa", time: 1700000001 }));
 * ```
 */
export function checkManifestOf(manifest: Manifest, requested: BackupSnapshot): void {
  const found = manifest.snapshot;
  if (
    found.type !== requested.type || found.id !== requested.id || found.time !== requested.time
  ) {
    throw new CorruptDataError(
      `the manifest of snapshot "${describe(requested)}" belongs to "${describe(found)}"`,
    );
  }
}

function describe({ type, id, time }: BackupSnapshot): string {
  const date = new Date(time * 1000);
  const text = Number.isNaN(date.getTime()) ? String(time) : date.toISOString();
  return `${type}/${id}/${text.replace(".000Z", "Z")}`;
}
