// deno-lint-ignore-file no-console -- the number of cases is reported
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { assertEquals } from "@std/assert";
import { decodeBlob, MAX_CHUNK_PLAIN_BYTES } from "../../lib/blob/mod.ts";
import { concatBytes, encodeHex } from "../../lib/bytes/mod.ts";
import { CatalogReader, CatalogWriter } from "../../lib/catalog/mod.ts";
import type { ByteSink } from "../../lib/chunking/mod.ts";
import { type CryptConfig, openKey, parseKeyFile } from "../../lib/crypto/mod.ts";
import { parseDynamicIndex } from "../../lib/index/mod.ts";
import { type ChunkSource, decodeArchive } from "../../lib/pxar/mod.ts";
import { PxarListing } from "../support/pxar_listing.ts";
import { memoryAccess, readRandomly, readSequentially } from "../support/pxar_read.ts";
import { Reencoder } from "../support/pxar_reencode.ts";
import {
  expectedDatastore,
  type ExpectedFile,
  type ExpectedSnapshot,
  realDatastore,
  realVectorText,
} from "../support/real_datastore.ts";

const PASSPHRASE = new TextEncoder().encode("correct horse");
/** Of a PAYLOAD item, and both markers of a payload stream. */
const HEADER_SIZE = 16;
const snapshots = expectedDatastore().snapshots;

/** A sink of which only the digest is of interest. */
class DigestSink implements ByteSink {
  readonly #hash = createHash("sha256");
  position = 0;
  readonly full = false;

  write(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.position += bytes.byteLength;
  }

  splice(): void {
    throw new Error("the digest sink takes no files");
  }

  drain(): Promise<void> {
    return Promise.resolve();
  }

  digest(): string {
    return this.#hash.digest("hex");
  }
}

function keyOf(snapshot: ExpectedSnapshot): Promise<CryptConfig> | undefined {
  if (snapshot.key === null) return undefined;
  return openKey(parseKeyFile(realVectorText(snapshot.key)), () => PASSPHRASE);
}

/** The chunks of a dynamic index, decoded one by one, and the size of them all. */
async function openStream(
  snapshot: ExpectedSnapshot,
  filename: string,
): Promise<ChunkSource & { readonly size: number }> {
  const datastore = await realDatastore();
  const bytes = await Deno.readFile(`${datastore}/${snapshot.directory}/${filename}`);
  const index = parseDynamicIndex(bytes, filename);
  const key = await keyOf(snapshot);
  let chunk = 0;
  return {
    size: index.size,
    async next() {
      if (chunk === index.chunkCount) return undefined;
      const digest = index.digestAt(chunk);
      const hex = encodeHex(digest);
      const blob = await Deno.readFile(`${datastore}/.chunks/${hex.slice(0, 4)}/${hex}`);
      const size = index.endOf(chunk) - index.startOf(chunk);
      chunk++;
      return await decodeBlob(blob, {
        maxSizeBytes: MAX_CHUNK_PLAIN_BYTES,
        expectedDigest: digest,
        expectedSizeBytes: size,
        encryptionKey: key?.encryptionKey,
        idKey: key?.idKey,
      });
    },
  };
}

async function readStream(snapshot: ExpectedSnapshot, filename: string): Promise<Uint8Array> {
  const source = await openStream(snapshot, filename);
  const parts: Uint8Array[] = [];
  for (let part = await source.next(); part !== undefined; part = await source.next()) {
    parts.push(part);
  }
  return concatBytes(parts);
}

interface RealArchive {
  readonly snapshot: ExpectedSnapshot;
  readonly file: ExpectedFile;
  /** Payload stream of a split archive. */
  readonly payload: ExpectedFile | undefined;
}

function realArchives(): RealArchive[] {
  return snapshots.flatMap((snapshot) =>
    snapshot.files.filter(({ filename }) => /\.m?pxar\.didx$/.test(filename)).map((file) => {
      const payloadName = file.filename.replace(".mpxar", ".ppxar");
      const payload = payloadName === file.filename
        ? undefined
        : snapshot.files.find(({ filename }) => filename === payloadName)!;
      return { snapshot, file, payload };
    })
  );
}

Deno.test("the listings of the real archives are the expected ones, in both versions", async () => {
  const counts: Record<number, number> = {};
  let entries = 0;
  for (const { snapshot, file, payload } of realArchives()) {
    const listing = new PxarListing();
    const metadata = await openStream(snapshot, file.filename);
    const contents = payload && await openStream(snapshot, payload.filename);
    await decodeArchive(metadata, contents, listing, { verify: true });
    assertEquals(listing.types, file.types, snapshot.directory);
    assertEquals(listing.digest(), file["listing-sha256"], snapshot.directory);
    assertEquals(listing.count, file.entries);
    if (payload !== undefined) {
      assertEquals(listing.files, payload["referenced-files"]);
      const referenced = listing.contentBytes + HEADER_SIZE * listing.files;
      assertEquals(referenced, payload["referenced-bytes"]);
      assertEquals(contents!.size - 2 * HEADER_SIZE - referenced, payload["padding-bytes"]);
    }
    counts[file.format!] = (counts[file.format!] ?? 0) + 1;
    entries += listing.count;
  }
  console.log("real archives by version:", counts, `with ${entries} entries`);
});

Deno.test("the real archives encode to the same bytes after decoding", async () => {
  let count = 0;
  for (const { snapshot, file, payload } of realArchives()) {
    // What was put together from reused chunks is not what an encoder writes by itself.
    if (payload !== undefined && !isFreshlyWritten(payload)) continue;
    const sink = new DigestSink();
    const payloadSink = payload && new DigestSink();
    await decodeArchive(
      await openStream(snapshot, file.filename),
      payload && await openStream(snapshot, payload.filename),
      new Reencoder(sink, payloadSink),
    );
    assertEquals(sink.digest(), file["plain-sha256"], snapshot.directory);
    assertEquals(payloadSink?.digest(), payload?.["plain-sha256"], snapshot.directory);
    count++;
  }
  console.log(`${count} of ${realArchives().length} real archives encoded again`);
});

/** Injected chunks leave padding behind, at least the tail marker of the stream they came from. */
function isFreshlyWritten(payload: ExpectedFile): boolean {
  return payload["padding-bytes"] === 0;
}

Deno.test("random access finds in the real archives what sequential reading finds", async () => {
  for (const { snapshot, file, payload } of realArchives()) {
    const streams = {
      archive: await readStream(snapshot, file.filename),
      payload: payload && await readStream(snapshot, payload.filename),
    };
    const found = await readRandomly(streams);
    const expected = await readSequentially(streams);
    const summary = (entries: typeof found) =>
      entries.toSorted((a, b) => a.entry.position - b.entry.position)
        .map(({ path, entry, content }) => [path, entry, content?.byteLength]);
    assertEquals(summary(found), summary(expected));
    for (const { path, content } of found) {
      if (content === undefined) continue;
      const same = expected.find((entry) => entry.path === path)!.content!;
      assertEquals(Buffer.compare(content, same), 0, path);
    }
  }
});

Deno.test("the real catalogs list the expected entries and can be written again", async () => {
  let count = 0;
  for (const snapshot of snapshots) {
    const file = snapshot.files.find(({ filename }) => filename === "catalog.pcat1.didx");
    if (file === undefined) continue;
    const bytes = await readStream(snapshot, file.filename);
    const reader = await CatalogReader.open(memoryAccess(bytes));
    const types: Record<string, number> = {};
    const sink = new DigestSink();
    const writer = new CatalogWriter(sink);
    let depth = 0;
    const leaveTo = (wanted: number) => {
      for (; depth > wanted; depth--) depth === 1 ? writer.endArchive() : writer.leaveDirectory();
    };
    for await (const { entry, path } of reader.walk()) {
      types[entry.type] = (types[entry.type] ?? 0) + 1;
      leaveTo(path.length - 1);
      if (entry.type === "f") writer.addFile(entry.name, entry.size, entry.mtimeSecs);
      else if (entry.type !== "d") writer.add(entry.type, entry.name);
      else {
        if (depth++ === 0) writer.startArchive(new TextDecoder().decode(entry.name));
        else writer.enterDirectory(entry.name);
      }
    }
    leaveTo(0);
    writer.finish();
    assertEquals(types, file.types, snapshot.directory);
    assertEquals(sink.digest(), file["plain-sha256"], snapshot.directory);
    count++;
  }
  console.log(`${count} real catalogs`);
});
