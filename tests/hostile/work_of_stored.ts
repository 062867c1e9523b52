import { crc32 } from "node:zlib";
import { parseSentChunks } from "../../lib/backup/_sent_chunks_file.ts";
import { compressZstd, decompressZstd } from "../../lib/blob/zstd.ts";
import { parseBlobHeader } from "../../lib/blob/blob_header.ts";
import { writeBlobCrc } from "../../lib/blob/blob_crc.ts";
import { decodeBlob } from "../../lib/blob/decode_blob.ts";
import { encodeBlob } from "../../lib/blob/encode_blob.ts";
import { ByteReader } from "../../lib/bytes/byte_reader.ts";
import { concatBytes } from "../../lib/bytes/mod.ts";
import { BlockCursor } from "../../lib/catalog/_block_cursor.ts";
import { CATALOG_MAGIC } from "../../lib/catalog/format.ts";
import { CatalogReader } from "../../lib/catalog/catalog_reader.ts";
import { CatalogWriter } from "../../lib/catalog/catalog_writer.ts";
import { VarintReader, writeUnsignedVarint } from "../../lib/catalog/varint.ts";
import { DynamicIndexBuilder, FixedIndexBuilder } from "../../lib/index/mod.ts";
import { parseDynamicIndex } from "../../lib/index/dynamic_index.ts";
import { parseFixedIndex } from "../../lib/index/fixed_index.ts";
import { ChunkDecoder } from "../../lib/chunking/chunk_decoder.ts";
import { readIndex } from "../../lib/datastore/read_index.ts";
import { decodeManifestBlob } from "../../lib/manifest/manifest_blob.ts";
import { parseManifest } from "../../lib/manifest/manifest_text.ts";
import { parseJson } from "../../lib/manifest/_json.ts";
import { decodeArchive } from "../../lib/pxar/decode_archive.ts";
import * as format from "../../lib/pxar/format.ts";
import { PayloadDecoder } from "../../lib/pxar/payload_decoder.ts";
import { PxarAccessor } from "../../lib/pxar/pxar_accessor.ts";
import { PxarDecoder } from "../../lib/pxar/pxar_decoder.ts";
import { PxarEncoder } from "../../lib/pxar/pxar_encoder.ts";
import { PxarMemorySink } from "../support/pxar_memory_sink.ts";
import { memoryAccess } from "../support/pxar_read.ts";
import { RawArchive } from "../support/raw_archive.ts";
import { byteCases, bytesOf, type ParserCases, textCases, type WorkCase } from "./work_case.ts";

const MIB = 1 << 20;

/** Blobs of a payload whose CRC is right. */
function blobOf(magic: readonly number[], payload: Uint8Array): Uint8Array {
  const blob = concatBytes([Uint8Array.from(magic), new Uint8Array(4), payload]);
  writeBlobCrc(blob);
  return blob;
}
const ZSTD_BLOB = [0x31, 0xb9, 0x58, 0x42, 0x6f, 0xb6, 0xa3, 0x7f];
const PLAIN_BLOB = [0x42, 0xab, 0x38, 0x07, 0xbe, 0x83, 0x70, 0xa1];
/** A frame that says it holds 2^60 bytes. */
const BOASTING_FRAME = [0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0x0b, 0, 0, 0];

function repeated(piece: Uint8Array, n: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(n / piece.byteLength) * piece.byteLength);
  for (let at = 0; at < bytes.byteLength; at += piece.byteLength) bytes.set(piece, at);
  return bytes;
}

const zstdCases = (
  run: (payload: Uint8Array) => unknown,
): Readonly<Record<string, WorkCase>> => {
  const shapes: Record<string, (n: number) => Uint8Array> = {
    "one frame": (n) => compressZstd(new Uint8Array(n)),
    "small frames": (n) => repeated(compressZstd(Uint8Array.of(1)), n),
    "empty frames": (n) => repeated(compressZstd(new Uint8Array(0)), n),
    "skippable frames": (n) => repeated(Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0), n),
    "empty blocks": (n) =>
      concatBytes([Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0x58), new Uint8Array(n)]),
    "frames that boast": (n) => repeated(Uint8Array.from(BOASTING_FRAME), n),
    "noise": (n) => new Uint8Array(n).fill(0x28),
  };
  return Object.fromEntries(
    Object.entries(shapes).map(([name, make]) => [name, (n: number) => {
      const payload = make(n);
      return () => run(payload);
    }]),
  );
};

function dynamicIndex(n: number): Uint8Array {
  const builder = new DynamicIndexBuilder("x.didx");
  for (let i = 0; i < n / 40; i++) builder.append(i, 1, new Uint8Array(32));
  return builder.toBytes();
}
function fixedIndex(n: number): Uint8Array {
  const count = Math.ceil(n / 32);
  const builder = new FixedIndexBuilder("x.fidx", { size: count, chunkSize: 1 });
  for (let i = 0; i < count; i++) builder.add(i, 1, new Uint8Array(32));
  return builder.toBytes();
}
const KEY = new Uint8Array(32);
/** What a run writes down of what it sends. */
function sentChunks(n: number): Uint8Array {
  const bytes = new Uint8Array(n);
  bytes.set(bytesOf("pbs-client: chunks sent, form 1\n"));
  const records = new DataView(bytes.buffer);
  for (let at = 64; at + 44 <= n; at += 44) {
    records.setUint32(at + 40, crc32(bytes.subarray(at, at + 40)), true);
  }
  return bytes;
}

const indexCases = (make: (n: number) => Uint8Array, parse: (bytes: Uint8Array) => unknown) => ({
  "entries": (n: number) => {
    const bytes = make(n);
    return () => parse(bytes);
  },
  "a boasting header": (n: number) => {
    const bytes = make(n);
    bytes.fill(0xff, 64, 112);
    return () => parse(bytes);
  },
});

const FILE = `{"filename":"a.blob","size":1,"csum":"${"0".repeat(64)}","crypt-mode":"none"}`;
const MANIFEST = (files: string) =>
  `{"backup-type":"vm","backup-id":"100","backup-time":1700000000,"files":[${files}]`;
const MANIFESTS = [
  [MANIFEST(""), "[", ""],
  [MANIFEST(""), ',"a":[[[[]]]]', "}"],
  [MANIFEST(FILE), " ", "}"],
  [`${MANIFEST("")},"unprotected":{"a":`, "9", "}}"],
  [`${MANIFEST("")},"unprotected":{"notes":"`, "\\u0041", '"}}'],
  [`${MANIFEST("")},"unprotected":{"a":0`, ',"b":0', "}}"],
  [`${MANIFEST("")},"unprotected":[`, "[],", "0]}"],
] as const;
const manyFiles = (n: number) =>
  MANIFEST(Array.from({ length: Math.ceil(n / FILE.length) }, () => FILE).join(",")) + "}";

const attributes = (add: (archive: RawArchive) => void) => (n: number) => {
  const archive = new RawArchive();
  if (n > 0) { while (archive.position < n) add(archive); }
  return archive.end();
};
const COMMON = { uid: 0, gid: 0, mtimeSecs: 1_700_000_000, mtimeNanos: 0, flags: 0 };

/** A proper archive, with a true table. */
function encoded(n: number, kind: "files" | "folders"): Uint8Array {
  const sink = new PxarMemorySink();
  const encoder = new PxarEncoder(sink);
  encoder.startArchive({ mode: 0o40755, ...COMMON });
  for (let i = 0; sink.position < n; i++) {
    if (kind === "files") {
      encoder.addFileBytes(bytesOf(`file-${i}`), { mode: 0o100644, ...COMMON }, new Uint8Array(5));
    } else {
      encoder.enterDirectory(bytesOf(`folder-${i}`), { mode: 0o40755, ...COMMON });
      encoder.leaveDirectory();
    }
  }
  encoder.finish();
  return sink.bytes();
}

const ARCHIVES: Readonly<Record<string, (n: number) => Uint8Array>> = {
  "files": (n) => encoded(n, "files"),
  "folders": (n) => encoded(n, "folders"),
  "pipes": attributes((archive) => archive.node("p", 0o10644)),
  "small extended attributes": attributes((archive) =>
    archive.item(format.XATTR, bytesOf("user.a\0v"))
  ),
  "named users": attributes((archive) =>
    archive.item(format.ACL_USER, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0))
  ),
  "folders in folders": (n) => {
    const archive = new RawArchive();
    let depth = 0;
    for (; archive.position < n; depth++) archive.begin("d", "directory");
    for (; depth > 0; depth--) archive.leave();
    return archive.end();
  },
  "one long content": (n) => new RawArchive().file("f", "x".repeat(n)).end(),
  "a table of nothing": (n) =>
    new RawArchive().item(format.GOODBYE, new Uint8Array(Math.ceil(n / 24) * 24)).bytes(),
  "one long name": (n) =>
    new RawArchive().item(format.FILENAME, bytesOf(`${"x".repeat(n)}\0`)).end(),
};

const archiveCases = (
  run: (archive: Uint8Array) => unknown,
): Readonly<Record<string, WorkCase>> =>
  Object.fromEntries(
    Object.entries(ARCHIVES).map(([name, make]) => [name, (n: number) => {
      const archive = make(n);
      return () => run(archive);
    }]),
  );

function decodeSequentially(archive: Uint8Array, pieceBytes: number, verify: boolean): void {
  const pxar = new PxarDecoder({ verify });
  let at = 0;
  for (let event = pxar.next(); event !== "finished"; event = pxar.next()) {
    if (event !== "need-input") continue;
    if (at >= archive.byteLength) pxar.end();
    else pxar.feed(archive.subarray(at, at += pieceBytes));
  }
}

async function readThrough(archive: Uint8Array): Promise<void> {
  const accessor = await PxarAccessor.open(memoryAccess(archive));
  const pending = [accessor.root.node];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    const directory = await accessor.directory(node);
    await directory.lookup(bytesOf("none"));
    for await (const child of directory.entries()) {
      if (child.entry.kind === "directory") pending.push(child);
    }
  }
}

function payloadOf(n: number): Uint8Array {
  const archive = new RawArchive();
  const start = archive.position;
  archive.item(format.PAYLOAD_START_MARKER, new Uint8Array(0));
  return archive.item(format.PAYLOAD, new Uint8Array(n)).bytes().subarray(start);
}

const varint = (value: number) => {
  const bytes = new Uint8Array(10);
  return bytes.subarray(0, writeUnsignedVarint(bytes, 0, value));
};

function catalogBlock(entries: Uint8Array, count: number): Uint8Array {
  const start = varint(count);
  const length = varint(start.byteLength + entries.byteLength);
  const pointer = new Uint8Array(8);
  pointer[0] = CATALOG_MAGIC.byteLength;
  return concatBytes([CATALOG_MAGIC, length, start, entries, pointer]);
}

const CATALOGS: Readonly<Record<string, (n: number) => Uint8Array>> = {
  "links": (n) => catalogBlock(repeated(bytesOf("l\x01x"), n), Math.ceil(n / 3)),
  "files": (n) => catalogBlock(repeated(bytesOf("f\x01x\x01\x01"), n), Math.ceil(n / 5)),
  "a count that boasts": (n) => catalogBlock(repeated(bytesOf("l\x01x"), n), 2 ** 52),
  "names cut off": (n) => catalogBlock(repeated(Uint8Array.of(0x6c, 0x7f), n), n),
  "folders": (n) => {
    const sink = new PxarMemorySink();
    const writer = new CatalogWriter(sink);
    writer.startArchive("a.pxar.didx");
    for (let i = 0; sink.position < n; i++) {
      writer.enterDirectory(bytesOf(`folder-${i}`));
      writer.leaveDirectory();
    }
    writer.endArchive();
    writer.finish();
    return sink.bytes();
  },
  "folders in folders": (n) => {
    const sink = new PxarMemorySink();
    const writer = new CatalogWriter(sink);
    writer.startArchive("a.pxar.didx");
    const depth = Math.ceil(n / 10);
    for (let i = 0; i < depth; i++) writer.enterDirectory(bytesOf("d"));
    for (let i = 0; i < depth; i++) writer.leaveDirectory();
    writer.endArchive();
    writer.finish();
    return sink.bytes();
  },
};

async function readCatalog(bytes: Uint8Array): Promise<void> {
  const reader = await CatalogReader.open(memoryAccess(bytes));
  await reader.lookup(bytesOf("none"));
  for await (const _visit of reader.walk()) void 0;
}

async function readBlock(bytes: Uint8Array): Promise<void> {
  const directory = {
    type: "d",
    name: new Uint8Array(0),
    size: 0,
    mtimeSecs: 0,
    block: CATALOG_MAGIC.byteLength,
    blockLimit: bytes.byteLength - 8,
  } as const;
  const cursor = await BlockCursor.open(memoryAccess(bytes), directory);
  while (await cursor.next() !== undefined) void 0;
}

const catalogCases = (
  run: (catalog: Uint8Array) => unknown,
): Readonly<Record<string, WorkCase>> =>
  Object.fromEntries(
    Object.entries(CATALOGS).map(([name, make]) => [name, (n: number) => {
      const catalog = make(n);
      return () => run(catalog);
    }]),
  );

function readVarints(bytes: Uint8Array, read: (reader: VarintReader) => unknown): void {
  const reader = new VarintReader(bytes, "varints");
  while (reader.offset < bytes.byteLength) read(reader);
}

/** What happens in native code is not counted; that its memory keeps to a budget is tested elsewhere. */
async function decodeNatively(payload: Uint8Array): Promise<void> {
  using decoder = new ChunkDecoder();
  const blob = blobOf(ZSTD_BLOB, payload);
  const expected = { digest: new Uint8Array(32), size: MIB, encrypted: false };
  const chunk = await decoder.decode(expected, (buffer) => {
    buffer(blob.byteLength).set(blob);
    return Promise.resolve();
  });
  chunk.release();
}

/** Parsers of what is stored: blobs, indexes, manifests, archives and catalogs. */
export const STORED_PARSERS: ParserCases = {
  "lib/blob/blob_header.ts parseBlobHeader": byteCases(parseBlobHeader),
  "lib/blob/decode_blob.ts decodeBlob": {
    ...zstdCases((payload) => decodeBlob(blobOf(ZSTD_BLOB, payload), { maxSizeBytes: MIB })),
    "plain": (n) => {
      const blob = blobOf(PLAIN_BLOB, new Uint8Array(n));
      return () => decodeBlob(blob, { maxSizeBytes: 16 * MIB });
    },
  },
  "lib/blob/zstd.ts decompressZstd": zstdCases((payload) =>
    decompressZstd(payload, MIB, "payload")
  ),
  "lib/bytes/byte_reader.ts ByteReader": byteCases((bytes) => {
    const reader = new ByteReader(bytes, "bytes");
    for (;;) reader.u8();
  }),
  "lib/catalog/_block_cursor.ts BlockCursor": catalogCases(readBlock),
  "lib/catalog/catalog_reader.ts CatalogReader": catalogCases(readCatalog),
  "lib/catalog/varint.ts VarintReader": {
    ...byteCases((bytes) => readVarints(bytes, (reader) => reader.unsigned())),
    "long ones": (n) => {
      const bytes = repeated(Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 255, 1), n);
      return () => readVarints(bytes, (reader) => reader.unsigned());
    },
    "endless": (n) => {
      const bytes = new Uint8Array(n).fill(0xff);
      return () => readVarints(bytes, (reader) => reader.unsigned());
    },
    "signed": (n) => {
      const bytes = repeated(Uint8Array.of(0xff, 0xff, 0), n);
      return () => readVarints(bytes, (reader) => reader.signed());
    },
  },
  "lib/chunking/chunk_decoder.ts ChunkDecoder": zstdCases(decodeNatively),
  "lib/datastore/read_index.ts readIndex": indexCases(
    dynamicIndex,
    (bytes) => readIndex(bytes, "x.didx").checksum,
  ),
  "lib/index/dynamic_index.ts parseDynamicIndex": indexCases(
    dynamicIndex,
    (bytes) => parseDynamicIndex(bytes, "x.didx").checksum,
  ),
  "lib/index/fixed_index.ts parseFixedIndex": indexCases(
    fixedIndex,
    (bytes) => parseFixedIndex(bytes, "x.fidx").checksum,
  ),
  "lib/manifest/_json.ts parseJson": textCases(
    (text) => parseJson(text, "text"),
    ["", "[", ""],
    ["[", "1.0,", "1]"],
    ["[", "1e1,", "1]"],
    ['{"a":0', ',"b":0', "}"],
    ['"', "\\ud800", '"'],
  ),
  "lib/manifest/manifest_blob.ts decodeManifestBlob": {
    "many files": (n) => {
      const text = bytesOf(manyFiles(n));
      return async () => decodeManifestBlob(await encodeBlob(text, { compress: true }));
    },
    ...zstdCases((payload) => decodeManifestBlob(blobOf(ZSTD_BLOB, payload))),
  },
  "lib/manifest/manifest_text.ts parseManifest": {
    ...textCases((text) => parseManifest(text), ...MANIFESTS),
    "many files": (n) => {
      const text = manyFiles(n);
      return () => parseManifest(text);
    },
  },
  "lib/backup/_sent_chunks_file.ts parseSentChunks": {
    "records": (n) => {
      const bytes = sentChunks(n);
      return () => parseSentChunks(bytes, KEY);
    },
    "damaged records": (n) => {
      const bytes = sentChunks(n).fill(7, 64);
      return () => parseSentChunks(bytes, KEY);
    },
  },
  "lib/pxar/decode_archive.ts decodeArchive": archiveCases((archive) => {
    let at = 0;
    const next = () => {
      const piece = archive.subarray(at, at += 1000);
      return Promise.resolve(piece.byteLength === 0 ? undefined : piece);
    };
    const visitor = { entry: () => true, data: () => {}, leave: () => {} };
    return decodeArchive({ next }, undefined, visitor);
  }),
  "lib/pxar/payload_decoder.ts PayloadDecoder": {
    "a long content in small pieces": (n) => {
      const bytes = payloadOf(n);
      return () => {
        const payload = new PayloadDecoder();
        payload.request(format.HEADER_SIZE, n);
        let at = 0;
        for (let event = payload.next(); event !== "done"; event = payload.next()) {
          if (event === "need-input") payload.feed(bytes.subarray(at, at += 7));
        }
      };
    },
  },
  "lib/pxar/pxar_accessor.ts PxarAccessor": archiveCases(readThrough),
  "lib/pxar/pxar_directory.ts PxarDirectory": archiveCases(async (archive) => {
    const { root } = await PxarAccessor.open(memoryAccess(archive));
    await Array.fromAsync(root.entries());
    for (let i = 0; i < 100; i++) await root.lookup(bytesOf(`file-${i}`));
  }),
  "lib/pxar/pxar_decoder.ts PxarDecoder": {
    ...archiveCases((archive) => decodeSequentially(archive, 100_000, false)),
    "files, byte by byte": (n) => {
      const archive = encoded(n / 4, "files");
      return () => decodeSequentially(archive, 1, false);
    },
  },
  "lib/pxar/_goodbye_verifier.ts GoodbyeVerifier": archiveCases((archive) =>
    decodeSequentially(archive, 100_000, true)
  ),
};
