#!/usr/bin/env -S deno run -A
// deno-lint-ignore-file no-console
// Measures the chunk pipeline on the files of a folder and on made-up images: how fast, and where
// the processor time goes. `scripts/bench_pipeline.ts [FOLDER [MAX_MEGABYTES]]`; PBS_CLIENT_VECTORS is
// the most that may be used of the processor: avx512, avx2 or none.
import { describeVectorPaths } from "../ffi/pipeline.ts";
import { closeFile, openFile, OpenFlag, statFile } from "../ffi/posix_files.ts";
import {
  ChunkPipeline,
  type ChunkPipelineOptions,
  type ChunkStream,
  type ChunkStreamOptions,
} from "../lib/chunking/mod.ts";

const MEGABYTE = 1e6;
const HEADER = new Uint8Array(120).fill(1);
const DYNAMIC: ChunkStreamOptions = { kind: "dynamic", averageSizeBytes: 4 * 1024 * 1024 };
const IMAGE: ChunkStreamOptions = { kind: "fixed", chunkSizeBytes: 4 * 1024 * 1024 };
const crypt = {
  encryptionKey: crypto.getRandomValues(new Uint8Array(32)),
  idKey: crypto.getRandomValues(new Uint8Array(32)),
};

const folder = Deno.args[0] ?? "/usr";
const files = collect(folder, Number(Deno.args[1] ?? 1500) * MEGABYTE);
const random = Deno.makeTempFileSync({ dir: "/dev/shm" });
{
  using file = Deno.openSync(random, { write: true });
  const block = new Uint8Array(MEGABYTE);
  for (let written = 0; written < 400; written++) {
    for (let at = 0; at < MEGABYTE; at += 50_000) {
      crypto.getRandomValues(block.subarray(at, at + 50_000));
    }
    file.writeSync(block);
  }
}

console.log(`${files.length} files of ${folder}, ${navigator.hardwareConcurrency} processors`);
console.log(`vector instructions: ${describeVectorPaths()}`);
const digests = await run("read and cut once (warm up)", { compress: false }, DYNAMIC, feedFiles);
await run("files, all known", {}, DYNAMIC, feedFiles, digests);
await run("files, all known, again", {}, DYNAMIC, feedFiles, digests);
await run("files, all new", {}, DYNAMIC, feedFiles);
await run("files, all new, encrypted", { crypt }, DYNAMIC, feedFiles);
const imageDigests = await run("random image, all new", {}, IMAGE, feedImage);
await run("random image, all known", {}, IMAGE, feedImage, imageDigests);
await run("image of zeros", {}, IMAGE, (stream) => {
  stream.splice(open("/dev/zero"), 4e9, 0);
  return Promise.resolve();
});
Deno.removeSync(random);

function collect(
  root: string,
  limitBytes: number,
): { path: string; size: number }[] {
  const found: { path: string; size: number }[] = [];
  const folders = [root];
  let total = 0;
  for (let next = folders.pop(); next !== undefined && total < limitBytes; next = folders.pop()) {
    for (const entry of Deno.readDirSync(next)) {
      const path = `${next}/${entry.name}`;
      if (entry.isDirectory) folders.push(path);
      if (!entry.isFile || total >= limitBytes) continue;
      const fd = open(path);
      const stat = statFile(fd);
      closeFile(fd);
      if (typeof stat === "number") continue;
      found.push({ path, size: stat.size });
      total += stat.size;
    }
  }
  return found;
}

function open(path: string): number {
  const fd = openFile(path, OpenFlag.READ);
  if (fd < 0) throw new Error(`cannot open a file: ${-fd}`);
  return fd;
}

async function feedFiles(stream: ChunkStream): Promise<void> {
  for (const { path, size } of files) {
    stream.write(HEADER);
    stream.splice(open(path), size, 0);
    if (stream.full) await stream.drain();
  }
}

function feedImage(stream: ChunkStream): Promise<void> {
  stream.splice(open(random), 400 * MEGABYTE, 0);
  return Promise.resolve();
}

async function run(
  name: string,
  options: ChunkPipelineOptions,
  kind: ChunkStreamOptions,
  feed: (stream: ChunkStream) => Promise<void>,
  known?: Uint8Array,
): Promise<Uint8Array> {
  using pipeline = new ChunkPipeline(options);
  if (known) pipeline.addKnown(known);
  const begin = performance.now();
  const stream = pipeline.openStream(kind);
  const fed = feed(stream).then(() => stream.end());
  const all: Uint8Array[] = [];
  let size = 0;
  for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) {
    for (const chunk of batch) {
      all.push(chunk.digest);
      size += chunk.size;
      void chunk.blob;
      chunk.release();
    }
  }
  await fed;
  const elapsedMs = performance.now() - begin;
  const statistics = pipeline.statistics();
  const share = (ms: number) => `${(ms / (size / MEGABYTE)).toFixed(3)}`;
  console.log(
    `${name.padEnd(30)} ${(size / MEGABYTE).toFixed(0).padStart(5)} MB in ` +
      `${elapsedMs.toFixed(0).padStart(5)} ms: ${(size / MEGABYTE / elapsedMs).toFixed(2)} GB/s; ` +
      `ms per MB: read ${share(statistics.readMs)}, cut ${share(statistics.cutMs)}, ` +
      `hash ${share(statistics.hashMs)}, compress ${share(statistics.compressMs)}, ` +
      `seal ${share(statistics.sealMs)}; waited ${statistics.memoryWaitMs.toFixed(0)} ms, ` +
      `buffers ${(statistics.peakBufferBytes / MEGABYTE).toFixed(0)} MB, ` +
      `together ${(100 * statistics.togetherBytes / size).toFixed(0)} %`,
  );
  const digests = new Uint8Array(all.length * 32);
  all.forEach((digest, index) => digests.set(digest, index * 32));
  return digests;
}
