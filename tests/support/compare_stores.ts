import { assertEquals } from "@std/assert";
import { decodeManifestBlob, type Manifest, UNPROTECTED_KEYS } from "../../lib/manifest/mod.ts";
import { MANIFEST_BLOB_NAME } from "../../lib/repository/mod.ts";

/** Header of an index: a random number and a time, which each one has for itself. */
const INDEX_HEADER_BYTES = 4096;

/** Files of a datastore that copies have, by path: chunks, indexes, blobs. */
export function storedFiles(store: string, below = ""): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (const { name, isDirectory } of Deno.readDirSync(`${store}/${below}`)) {
    const path = below === "" ? name : `${below}/${name}`;
    if (isDirectory) {
      if (!/^\.(?!chunks$)/.test(name)) {
        for (const [each, bytes] of storedFiles(store, path)) found.set(each, bytes);
      }
    } else if (/\.(?:didx|fidx|blob)$/.test(name) || /^\.chunks\/....\/[0-9a-f]{64}$/.test(path)) {
      found.set(path, Deno.readFileSync(`${store}/${path}`));
    }
  }
  return found;
}

/** Compares everything that a copy has to keep. */
export async function assertSameSnapshots(original: string, copy: string): Promise<void> {
  const [expected, found] = [storedFiles(original), storedFiles(copy)];
  assertEquals([...found.keys()].sort(), [...expected.keys()].sort());
  for (const [path, bytes] of expected) {
    const other = found.get(path)!;
    if (path.endsWith(MANIFEST_BLOB_NAME)) {
      assertEquals(await kept(other), await kept(bytes), path);
    } else if (path.endsWith("idx")) {
      assertEquals(other.subarray(INDEX_HEADER_BYTES), bytes.subarray(INDEX_HEADER_BYTES), path);
    } else assertEquals(other, bytes, path);
  }
}

/** A manifest without what a storage says about itself. */
async function kept(blob: Uint8Array): Promise<Manifest> {
  const manifest = await decodeManifestBlob(blob);
  const unprotected = new Map(manifest.unprotected);
  unprotected.delete(UNPROTECTED_KEYS.chunkUploadStats);
  unprotected.delete(UNPROTECTED_KEYS.verifyState);
  return { ...manifest, unprotected };
}
