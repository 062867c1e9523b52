import { checkBlobCrc, decodeBlob, encodeBlob } from "../blob/mod.ts";
import { CorruptDataError, UsageError } from "../errors/mod.ts";
import { MAX_MANIFEST_BYTES } from "./format.ts";
import type { Manifest } from "./manifest.ts";
import { parseManifest, serializeManifest } from "./manifest_text.ts";

/**
 * A manifest as `index.json.blob`: never encrypted (spec: datastore-formats.md §4.1).
 *
 * @throws {UsageError} if it is longer than what is read, because of notes for example.
 */
export async function encodeManifestBlob(manifest: Manifest): Promise<Uint8Array<ArrayBuffer>> {
  const text = new TextEncoder().encode(serializeManifest(manifest));
  if (text.byteLength > MAX_MANIFEST_BYTES) {
    throw new UsageError(
      `a manifest of ${text.byteLength} bytes is too long, it can have ${MAX_MANIFEST_BYTES}: ` +
        "shorten the notes, or divide the archives among several backups",
    );
  }
  return await encodeBlob(text, { compress: true });
}

/**
 * Reads `index.json.blob`. Its signature is not looked at: see `checkSignature`.
 *
 * @param blob The raw blob.
 * @param name What messages call it.
 * @throws {CorruptDataError} if it is damaged, encrypted, or not a manifest.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createManifest } from "./manifest.ts";
 * const manifest = createManifest({ type: "host", id: "elsa", time: 1700000000 });
 * assertEquals(await decodeManifestBlob(await encodeManifestBlob(manifest)), manifest);
 * ```
 */
export async function decodeManifestBlob(blob: Uint8Array, name = "manifest"): Promise<Manifest> {
  if (checkBlobCrc(blob, name).encrypted) {
    throw new CorruptDataError(`${name} is encrypted, which a manifest never is`);
  }
  const plain = await decodeBlob(blob, { maxSizeBytes: MAX_MANIFEST_BYTES, name });
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(plain);
  } catch (cause) {
    throw new CorruptDataError(`${name} is damaged: not valid UTF-8`, { cause });
  }
  return parseManifest(text, name);
}
