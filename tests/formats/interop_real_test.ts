// deno-lint-ignore-file no-console -- the number of vector cases is reported
import { createHash } from "node:crypto";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { encodeHex } from "../../lib/bytes/mod.ts";
import {
  decodeBlob,
  encodeBlob,
  MAX_BLOB_PLAIN_BYTES,
  MAX_CHUNK_PLAIN_BYTES,
  parseBlobHeader,
} from "../../lib/blob/mod.ts";
import {
  checkMasterPublicKey,
  type CryptConfig,
  decryptKeyWithMaster,
  encryptKeyForMaster,
  openKey,
  parseKeyFile,
  serializeKeyFile,
  sha256,
} from "../../lib/crypto/mod.ts";
import { KeyError } from "../../lib/errors/mod.ts";
import {
  type ChunkIndex,
  DynamicIndexBuilder,
  FixedIndexBuilder,
  INDEX_HEADER_LENGTH,
  IndexChecksum,
  parseDynamicIndex,
  parseFixedIndex,
} from "../../lib/index/mod.ts";
import {
  checkKeyFingerprint,
  checkManifestOf,
  checkSignature,
  chunkUploadStatsOf,
  decodeManifestBlob,
  encodeManifestBlob,
  lookUpFile,
  type Manifest,
  notesOf,
  serializeManifest,
  verifyBlob,
  verifyIndex,
} from "../../lib/manifest/mod.ts";
import { archiveKind } from "../../lib/repository/mod.ts";
import {
  expectedDatastore,
  type ExpectedFile,
  type ExpectedSnapshot,
  realDatastore,
  realVectorText,
} from "../support/real_datastore.ts";

const PASSPHRASE = new TextEncoder().encode("correct horse");
const expected = expectedDatastore();
const boundaries: Record<string, { ends: number[] }> = JSON.parse(
  realVectorText("boundaries.json"),
);

const opened = new Map<string, Promise<CryptConfig>>();

/** The key of a snapshot; each key file is decrypted once. */
function keyOf(snapshot: ExpectedSnapshot): Promise<CryptConfig> | undefined {
  if (snapshot.key === null) return undefined;
  if (!opened.has(snapshot.key)) {
    opened.set(snapshot.key, openKey(parseKeyFile(realVectorText(snapshot.key)), () => PASSPHRASE));
  }
  return opened.get(snapshot.key)!;
}

async function readFile(snapshot: ExpectedSnapshot, name: string): Promise<Uint8Array> {
  return await Deno.readFile(`${await realDatastore()}/${snapshot.directory}/${name}`);
}

async function readIndex(snapshot: ExpectedSnapshot, name: string): Promise<ChunkIndex> {
  const bytes = await readFile(snapshot, name);
  return archiveKind(name) === "fixed"
    ? parseFixedIndex(bytes, name)
    : parseDynamicIndex(bytes, name);
}

function isIndex(file: ExpectedFile): boolean {
  return archiveKind(file.filename) !== "blob";
}

async function readManifest(snapshot: ExpectedSnapshot): Promise<Manifest> {
  return await decodeManifestBlob(await readFile(snapshot, "index.json.blob"));
}

Deno.test("every real manifest is read, checked and written again byte for byte", async () => {
  for (const snapshot of expected.snapshots) {
    const blob = await readFile(snapshot, "index.json.blob");
    assertEquals(blob.byteLength, snapshot.manifest["blob-size"]);
    const plain = await decodeBlob(blob, { maxSizeBytes: MAX_BLOB_PLAIN_BYTES });
    const manifest = await decodeManifestBlob(blob);
    const text = serializeManifest(manifest);
    assertEquals(text, new TextDecoder().decode(plain));
    assertEquals(text.length, snapshot.manifest["text-size"]);
    assertEquals(
      encodeHex(sha256(new TextEncoder().encode(text))),
      snapshot.manifest["text-sha256"],
    );
    assertEquals(await decodeManifestBlob(await encodeManifestBlob(manifest)), manifest);

    checkManifestOf(manifest, {
      type: snapshot["backup-type"],
      id: snapshot["backup-id"],
      time: snapshot["backup-time"],
    });
    assertEquals(notesOf(manifest) ?? null, snapshot.notes);
    assert(chunkUploadStatsOf(manifest) !== undefined, snapshot.directory);
    assertEquals(
      manifest.files.map(({ filename, cryptMode, size, checksum }) => ({
        filename,
        "crypt-mode": cryptMode,
        size,
        csum: encodeHex(checksum),
      })),
      snapshot.files.map(({ filename, "crypt-mode": mode, size, csum }) => ({
        filename,
        "crypt-mode": mode,
        size,
        csum,
      })),
    );
    const config = await keyOf(snapshot);
    checkKeyFingerprint(manifest, config);
    assertEquals(manifest.signature !== undefined, snapshot.signed);
    if (config !== undefined) assertEquals(checkSignature(manifest, config), "signed");
  }
  assertEquals(expected.snapshots.length, expected.totals.snapshots);
  console.log(`manifests: ${expected.snapshots.length}`);
});

Deno.test("every real index has the size, checksum and cuts it should have", async () => {
  let indexCount = 0;
  let virtualBytes = 0;
  for (const snapshot of expected.snapshots) {
    const manifest = await readManifest(snapshot);
    for (const file of snapshot.files.filter(isIndex)) {
      const index = await readIndex(snapshot, file.filename);
      verifyIndex(lookUpFile(manifest, file.filename), index);
      assertEquals(index.chunkCount, file.chunks);
      const digests = new Set<string>();
      const checksum = new IndexChecksum(index.kind);
      const ends: number[] = [];
      for (let chunk = 0; chunk < index.chunkCount; chunk++) {
        digests.add(encodeHex(index.digestAt(chunk)));
        checksum.add(index.endOf(chunk), index.digestAt(chunk));
        ends.push(index.endOf(chunk));
        assertEquals(index.findChunk(index.startOf(chunk)), chunk);
        assertEquals(index.findChunk(index.endOf(chunk) - 1), chunk);
      }
      assertEquals(digests.size, file["distinct-chunks"]);
      assertEquals(encodeHex(checksum.digest()), file.csum);
      assertEquals(ends, boundaries[`${snapshot.directory}/${file.filename}`]!.ends);
      assertEquals(await rebuildIndex(snapshot, index), await readFile(snapshot, file.filename));
      indexCount++;
      virtualBytes += index.size;
    }
  }
  assertEquals(indexCount, expected.totals["index-files"]);
  assertEquals(virtualBytes, expected.totals["virtual-bytes"]);
  console.log(`indexes: ${indexCount}`);
});

/** Builds an index anew from its chunks, with the origin fields of the file. */
async function rebuildIndex(snapshot: ExpectedSnapshot, index: ChunkIndex): Promise<Uint8Array> {
  const header = (await readFile(snapshot, index.name)).subarray(0, INDEX_HEADER_LENGTH);
  const ctime = Number(new DataView(header.buffer).getBigInt64(24, true));
  const origin = { uuid: header.subarray(8, 24), ctime };
  const dynamic = new DynamicIndexBuilder(index.name, origin);
  const fixed = new FixedIndexBuilder(index.name, origin);
  for (let chunk = 0; chunk < index.chunkCount; chunk++) {
    const start = index.startOf(chunk);
    const sizeBytes = index.endOf(chunk) - start;
    if (index.kind === "dynamic") dynamic.append(start, sizeBytes, index.digestAt(chunk));
    else fixed.add(start, sizeBytes, index.digestAt(chunk));
  }
  return index.kind === "dynamic" ? dynamic.toBytes() : fixed.toBytes();
}

Deno.test("every chunk of every real index decodes and the streams are the right ones", async () => {
  const datastore = await realDatastore();
  const types = new Map<string, string>();
  let fileBytes = 0;
  for (const snapshot of expected.snapshots) {
    const config = await keyOf(snapshot);
    for (const file of snapshot.files.filter(isIndex)) {
      const index = await readIndex(snapshot, file.filename);
      const stream = createHash("sha256");
      for (let chunk = 0; chunk < index.chunkCount; chunk++) {
        const digest = index.digestAt(chunk);
        const hex = encodeHex(digest);
        const blob = await Deno.readFile(`${datastore}/.chunks/${hex.slice(0, 4)}/${hex}`);
        if (!types.has(hex)) fileBytes += blob.byteLength;
        types.set(hex, parseBlobHeader(blob).type);
        stream.update(
          await decodeBlob(blob, {
            maxSizeBytes: MAX_CHUNK_PLAIN_BYTES,
            encryptionKey: config?.encryptionKey,
            idKey: config?.idKey,
            expectedDigest: digest,
            expectedSizeBytes: index.endOf(chunk) - index.startOf(chunk),
            expectEncrypted: file["crypt-mode"] === "encrypt",
          }),
        );
      }
      assertEquals(
        stream.digest("hex"),
        file["plain-sha256"],
        `${snapshot.directory}/${file.filename}`,
      );
    }
  }
  assertEquals(types.size, expected.totals.chunks);
  assertEquals(fileBytes, expected.totals["chunk-file-bytes"]);
  const typeCounts: Record<string, number> = {};
  for (const type of types.values()) typeCounts[type] = (typeCounts[type] ?? 0) + 1;
  assertEquals(typeCounts, expected.totals["chunk-containers"]);
  console.log(`chunks: ${types.size}`);
});

Deno.test("every real blob matches its manifest and decodes", async () => {
  let count = 0;
  for (const snapshot of expected.snapshots) {
    const config = await keyOf(snapshot);
    const manifest = await readManifest(snapshot);
    for (const file of snapshot.files.filter((file) => !isIndex(file))) {
      const blob = await readFile(snapshot, file.filename);
      verifyBlob(lookUpFile(manifest, file.filename), blob);
      assertEquals(parseBlobHeader(blob).type as string, file.container);
      const plain = await decodeBlob(blob, {
        maxSizeBytes: MAX_BLOB_PLAIN_BYTES,
        encryptionKey: config?.encryptionKey,
      });
      assertEquals(plain.byteLength, file["plain-size"]);
      assertEquals(encodeHex(sha256(plain)), file["plain-sha256"]);
      // Compressed bytes may differ with the compressor's version; the container must not.
      const again = await encodeBlob(plain, {
        compress: file.container !== "plain",
        encryptionKey: file.container?.endsWith("encrypted") ? config?.encryptionKey : undefined,
      });
      assertEquals(parseBlobHeader(again).type as string, file.container);
      count++;
    }
    for (const file of snapshot["not-in-manifest"] ?? []) {
      const blob = await readFile(snapshot, file.filename);
      assertEquals(blob.byteLength, file.size);
      assertEquals(encodeHex(sha256(blob)), file.sha256);
      const plain = await decodeBlob(blob, { maxSizeBytes: MAX_BLOB_PLAIN_BYTES });
      assertEquals(plain.byteLength, file["plain-size"]);
      assertEquals(encodeHex(sha256(plain)), file["plain-sha256"]);
      count++;
    }
  }
  assertEquals(count, 7);
  console.log(`blobs: ${count}`);
});

Deno.test("the real key files open, are written again byte for byte, and refuse another passphrase", async () => {
  for (const name of ["none", "scrypt", "pbkdf2"]) {
    const text = realVectorText(`keys/${name}.key`);
    const file = parseKeyFile(text);
    assertEquals(serializeKeyFile(file, () => 0), text);
    const config = await openKey(file, () => PASSPHRASE);
    assertEquals(config.fingerprint, file.fingerprint);
    if (name === "none") continue;
    const wrong = new TextEncoder().encode("correct horst");
    await assertRejects(() => openKey(file, () => wrong), KeyError, "wrong password");
  }
});

Deno.test("the real master key recovers the key of the backup that was made with it", async () => {
  const snapshot = expected.snapshots.find((snapshot) =>
    snapshot.files.some((file) => file.filename === "rsa-encrypted.key.blob")
  )!;
  const config = (await keyOf(snapshot))!;
  const blob = await readFile(snapshot, "rsa-encrypted.key.blob");
  const encrypted = await decodeBlob(blob, { maxSizeBytes: MAX_BLOB_PLAIN_BYTES });
  const privatePem = realVectorText("keys/master-private.pem");
  const recovered = decryptKeyWithMaster(privatePem, encrypted, undefined);
  const recoveredConfig = await openKey(recovered, () => PASSPHRASE);
  assertEquals(recoveredConfig.encryptionKey, config.encryptionKey);
  assertEquals(recovered.created, parseKeyFile(realVectorText("keys/none.key")).created);

  const publicPem = realVectorText("keys/master-public.pem");
  checkMasterPublicKey(publicPem);
  const ours = await encryptKeyForMaster(publicPem, config, recovered.created);
  assertEquals(ours.byteLength, 512);
  assertEquals(decryptKeyWithMaster(privatePem, ours, undefined).data, config.encryptionKey);
});
