import { hash } from "node:crypto";
import { nativeLibraryPath } from "../../ffi/native_library_path.ts";
import { describeVectorPaths } from "../../ffi/pipeline.ts";
import { chunkDigest, decodeBlob, encodeBlob } from "../blob/mod.ts";
import { bytesEqual, encodeHex } from "../bytes/mod.ts";
import { ChunkDecoder, ChunkPipeline, RollingHashChunker, StreamCutter } from "../chunking/mod.ts";
import { createCryptConfig, type CryptConfig } from "../crypto/mod.ts";
import { CorruptDataError, describeError } from "../errors/mod.ts";
import type { Finding } from "./finding.ts";

const CORE = "native core";
const CUTS = "rolling hash";
const DIGESTS = "SHA-256";
const BLOBS = "blobs";
/** Bytes of the known stream: more than all vector paths take at a time. */
const STREAM_BYTES = 4 << 20;
const AVERAGE_BYTES = 1 << 16;
const FIXED_BYTES = 1 << 18;
/** SHA-256 of the known stream, and of the ends of its chunks as 32-bit numbers. */
const STREAM_DIGEST = "eaf5752c655864b7ed019e713a005b1a103581193847f27ced330d33dfed0a8d";
const ENDS_DIGEST = "450caa24d885db1d5d3f3ec24e373c906bd3e3a505aa1470cbed1273343e8131";

/** A chunk as the native core made it. */
interface NativeChunk {
  readonly offset: number;
  readonly size: number;
  readonly digest: Uint8Array;
  /** Absent where an equal one came before. */
  readonly blob: Uint8Array<ArrayBuffer> | undefined;
}

/**
 * Loads the native core and lets it work on a known stream, with the vector instructions that it takes
 * on this processor: cuts, digests and blobs have to be those of the plain twins, and cuts and digests
 * those that are known (spec: datastore-formats.md §1, §3).
 */
export async function checkNativeCore(): Promise<Finding[]> {
  let path: string;
  let vectors: string;
  try {
    path = nativeLibraryPath();
    vectors = describeVectorPaths();
  } catch (error) {
    return [{ part: CORE, verdict: "bad", detail: describeError(error).join("; ") }];
  }
  const findings: Finding[] = [{ part: CORE, verdict: "good", detail: `${path}; ${vectors}` }];
  const stream = knownStream();
  const key = Uint8Array.from({ length: 32 }, (_, index) => index);
  const crypt = await createCryptConfig(key);
  const plain = await nativeChunks(stream, "dynamic");
  findings.push(checkCuts(stream, plain));
  findings.push(checkDigests(stream, plain));
  const encrypted = await nativeChunks(stream, "fixed", crypt);
  findings.push(await checkBlobs(stream, plain, encrypted, crypt));
  return findings;
}

/** Bytes that look random, with runs of zeros between; the same ones every time. */
function knownStream(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(STREAM_BYTES);
  const words = new Uint32Array(bytes.buffer);
  let state = 1;
  for (let index = 0; index < words.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = index % 65536 < 8192 ? 0 : state;
  }
  return bytes;
}

async function nativeChunks(
  stream: Uint8Array<ArrayBuffer>,
  kind: "dynamic" | "fixed",
  crypt?: CryptConfig,
): Promise<NativeChunk[]> {
  using pipeline = new ChunkPipeline({ crypt });
  const opened = pipeline.openStream(
    kind === "dynamic"
      ? { kind, averageSizeBytes: AVERAGE_BYTES }
      : { kind, chunkSizeBytes: FIXED_BYTES },
  );
  opened.write(stream);
  const end = opened.end();
  const chunks: NativeChunk[] = [];
  for (let batch = await opened.next(); batch !== undefined; batch = await opened.next()) {
    for (const chunk of batch) {
      const { offset, size, digest, blob } = chunk;
      chunks.push({ offset, size, digest: digest.slice(), blob: blob?.slice() });
      chunk.release();
    }
  }
  await end;
  return chunks;
}

function checkCuts(stream: Uint8Array, chunks: readonly NativeChunk[]): Finding {
  const cutter = new StreamCutter(new RollingHashChunker(AVERAGE_BYTES));
  const pieces = [...cutter.push(stream), ...cutter.end()];
  const twin = pieces.map((piece) => piece.kind === "raw" ? piece.offset + piece.bytes.length : 0);
  const native = chunks.map(({ offset, size }) => offset + size);
  const known = hash("sha256", new Uint8Array(Uint32Array.from(twin).buffer));
  const different = native.findIndex((end, index) => end !== twin[index]);
  if (known !== ENDS_DIGEST) {
    return {
      part: CUTS,
      verdict: "bad",
      detail: "the runtime computes wrong: other cuts than known",
    };
  }
  if (different >= 0 || native.length !== twin.length) {
    const detail =
      `the native core cuts elsewhere than it should: chunk ${different + 1} ends at ` +
      `${native[different]}, not at ${twin[different]}`;
    return { part: CUTS, verdict: "bad", detail };
  }
  return { part: CUTS, verdict: "good", detail: `${native.length} known cuts` };
}

function checkDigests(stream: Uint8Array, chunks: readonly NativeChunk[]): Finding {
  if (hash("sha256", stream) !== STREAM_DIGEST) {
    return {
      part: DIGESTS,
      verdict: "bad",
      detail: "the runtime computes wrong: another digest than known",
    };
  }
  const wrong = chunks.find(({ offset, size, digest }) =>
    !bytesEqual(digest, hash("sha256", stream.subarray(offset, offset + size), "buffer"))
  );
  if (wrong !== undefined) {
    const detail = `the native core computes the wrong digest ${encodeHex(wrong.digest)} ` +
      `for ${wrong.size} bytes at ${wrong.offset} of the known stream`;
    return { part: DIGESTS, verdict: "bad", detail };
  }
  return { part: DIGESTS, verdict: "good", detail: `${chunks.length} digests` };
}

/** Blobs of each side, read by the other: plain and encrypted, compressed as far as it pays. */
async function checkBlobs(
  stream: Uint8Array,
  plain: readonly NativeChunk[],
  encrypted: readonly NativeChunk[],
  crypt: CryptConfig,
): Promise<Finding> {
  const cases = [
    ...plain.map((chunk) => ({ chunk, key: undefined })),
    ...encrypted.map((chunk) => ({ chunk, key: crypt })),
  ];
  using decoder = new ChunkDecoder({ crypt });
  for (const { chunk, key } of cases) {
    const bytes = stream.subarray(chunk.offset, chunk.offset + chunk.size);
    const way = key === undefined ? "plain" : "encrypted";
    try {
      if (chunk.blob !== undefined) await decodeByTwin(chunk.blob, bytes, key);
      await decodeNatively(decoder, bytes, key);
    } catch (error) {
      const detail = `${way} blob of ${chunk.size} bytes at ${chunk.offset} of the known stream: ` +
        describeError(error).join("; ");
      return { part: BLOBS, verdict: "bad", detail };
    }
  }
  return { part: BLOBS, verdict: "good", detail: `${cases.length} plain and encrypted` };
}

async function decodeByTwin(blob: Uint8Array, bytes: Uint8Array, key: CryptConfig | undefined) {
  const decoded = await decodeBlob(blob, {
    maxSizeBytes: bytes.length,
    encryptionKey: key?.encryptionKey,
    idKey: key?.idKey,
    expectedDigest: chunkDigest(bytes, key?.idKey),
    expectEncrypted: key !== undefined,
  });
  if (!bytesEqual(decoded, bytes)) throw new CorruptDataError("the native core encodes it wrong");
}

async function decodeNatively(
  decoder: ChunkDecoder,
  bytes: Uint8Array,
  key: CryptConfig | undefined,
): Promise<void> {
  const blob = await encodeBlob(bytes, { compress: true, encryptionKey: key?.encryptionKey });
  const digest = chunkDigest(bytes, key?.idKey);
  const chunk = await decoder.decode(
    { digest, size: bytes.length, encrypted: key !== undefined },
    (buffer) => Promise.resolve(buffer(blob.length).set(blob)),
  );
  const isEqual = bytesEqual(chunk.bytes, bytes);
  chunk.release();
  if (!isEqual) throw new CorruptDataError("the native core decodes it wrong");
}
