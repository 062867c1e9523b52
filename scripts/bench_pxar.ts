// deno-lint-ignore-file no-console
// Time per entry of encoding and decoding an archive in memory: `deno run scripts/bench_pxar.ts [N]`.
import { CatalogWriter } from "../lib/catalog/mod.ts";
import type { ByteSink } from "../lib/chunking/mod.ts";
import { type EntryMetadata, PxarDecoder, PxarEncoder } from "../lib/pxar/mod.ts";

const ENTRIES_PER_DIRECTORY = 50;
const CONTENT_BYTES = 200;
const PIECE_BYTES = 4 * 1024 * 1024;
const ROUNDS = 5;
const entries = Number(Deno.args[0] ?? 200_000);

/** Copies what it gets into one buffer, like the pipeline's command buffer. */
class BufferSink implements ByteSink {
  readonly bytes: Uint8Array;
  position = 0;
  readonly full = false;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  write(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.position);
    this.position += bytes.byteLength;
  }

  splice(_fd: number, size: number, _tag: number): void {
    this.position += size;
  }

  drain(): Promise<void> {
    return Promise.resolve();
  }
}

const utf8 = new TextEncoder();
const names = Array.from({ length: entries }, (_, i) => utf8.encode(`some-file-name-${i}.txt`));
const metadata = Array.from({ length: 1000 }, (_, i): EntryMetadata => ({
  mode: 0o100644,
  uid: 1000,
  gid: 1000,
  mtimeSecs: 1_700_000_000 + i,
  mtimeNanos: i * 1000,
  flags: 0,
}));
const directory: EntryMetadata = { ...metadata[0]!, mode: 0o40755 };

function encode(sink: ByteSink, payload?: ByteSink): void {
  const encoder = new PxarEncoder(sink, payload);
  encoder.startArchive(directory);
  for (let i = 0; i < entries; i++) {
    if (i % ENTRIES_PER_DIRECTORY === 0) {
      if (i > 0) encoder.leaveDirectory();
      encoder.enterDirectory(names[i]!, directory);
    }
    encoder.addFile(names[i]!, metadata[i % 1000]!, CONTENT_BYTES, 3, i);
  }
  encoder.leaveDirectory();
  encoder.finish();
}

function decode(archive: Uint8Array): number {
  const decoder = new PxarDecoder();
  let found = 0;
  let offset = 0;
  for (;;) {
    const event = decoder.next();
    if (event === "entry") found++;
    else if (event === "finished") return found;
    else if (event === "need-input") {
      decoder.feed(archive.subarray(offset, offset + PIECE_BYTES));
      offset += PIECE_BYTES;
    }
  }
}

function list(sink: ByteSink): void {
  const catalog = new CatalogWriter(sink);
  catalog.startArchive("root.pxar.didx");
  for (let i = 0; i < entries; i++) {
    if (i % ENTRIES_PER_DIRECTORY === 0) {
      if (i > 0) catalog.leaveDirectory();
      catalog.enterDirectory(names[i]!);
    }
    catalog.addFile(names[i]!, CONTENT_BYTES, metadata[i % 1000]!.mtimeSecs);
  }
  catalog.leaveDirectory();
  catalog.endArchive();
  catalog.finish();
}

/** Best time of some rounds, in µs per entry. */
function measure(what: string, run: () => void): void {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  console.log(`${what.padEnd(24)} ${(best * 1000 / entries).toFixed(2)} µs per entry`);
}

const capacity = entries * (CONTENT_BYTES + 300) + 4096;
const archive = new BufferSink(capacity);
const split = new BufferSink(capacity);
const payload = new BufferSink(capacity);
measure("encode, version 1", () => {
  archive.position = 0;
  encode(archive);
});
measure("encode, version 2", () => {
  split.position = payload.position = 0;
  encode(split, payload);
});
measure("decode, version 1", () => void decode(archive.bytes.subarray(0, archive.position)));
measure("decode, version 2", () => void decode(split.bytes.subarray(0, split.position)));
measure("write catalog", () => {
  payload.position = 0;
  list(payload);
});
