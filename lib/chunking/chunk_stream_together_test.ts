import { assert, assertEquals } from "@std/assert";
import { hash } from "node:crypto";
import { TempDir } from "../../tests/support/temp_dir.ts";
import {
  mixedBytes,
  openForSplice,
  randomNumbers,
  takeAll,
  temporaryFile,
} from "../../tests/support/stream_feeding.ts";
import { concatBytes, encodeHex } from "../bytes/mod.ts";
import { ChunkPipeline, type ChunkStreamOptions } from "./chunk_pipeline.ts";
import type { Chunker } from "./chunker.ts";
import type { SpliceProblem } from "./splice_problem.ts";
import { FixedChunker } from "./fixed_chunker.ts";
import { RollingHashChunker } from "./rolling_hash_chunker.ts";
import { StreamCutter } from "./stream_cutter.ts";

const EISDIR = 21;
const STRETCHES = 400;

interface Kind {
  readonly options: ChunkStreamOptions;
  /** Absent where boundaries depend on more than the bytes. */
  readonly chunker?: () => Chunker;
}

const KINDS: Record<string, Kind> = {
  "small chunks": {
    options: { kind: "dynamic", averageSizeBytes: 65536 },
    chunker: () => new RollingHashChunker(65536),
  },
  "large chunks": {
    options: { kind: "dynamic", averageSizeBytes: 1024 * 1024 },
    chunker: () => new RollingHashChunker(1024 * 1024),
  },
  "fixed chunks": {
    options: { kind: "fixed", chunkSizeBytes: 1_000_000 },
    chunker: () => new FixedChunker(1_000_000),
  },
  "a payload": { options: { kind: "payload", averageSizeBytes: 65536 } },
};

for (const [name, { options, chunker }] of Object.entries(KINDS)) {
  Deno.test(`several threads cut what one would, with files that are not as announced: ${name}`, async () => {
    await using dir = await TempDir.make("/dev/shm");
    const random = randomNumbers(name.length);
    using pipeline = new ChunkPipeline({ workers: 4 });
    const stream = pipeline.openStream(options);
    const taken = takeAll(stream);
    const written: Uint8Array[] = [];
    const problems: SpliceProblem[] = [];
    for (let tag = 0; tag < STRETCHES; tag++) {
      const size = 1 + random(1 << (1 + random(19)));
      const content = mixedBytes(size, tag + 1);
      const path = `${dir.path}/file`;
      // One in four is not what it was: it ended early, goes on, or cannot be read.
      const kind = random(16);
      if (kind === 0) {
        const kept = random(size);
        stream.splice(temporaryFile(path, content.subarray(0, kept)), size, tag);
        content.fill(0, kept);
        problems.push({ tag, kind: "shrunk" });
      } else if (kind === 1) {
        stream.splice(temporaryFile(path, concatBytes([content, Uint8Array.of(1)])), size, tag);
        problems.push({ tag, kind: "grew" });
      } else if (kind === 2 && options.kind !== "fixed") {
        stream.splice(openForSplice("/usr"), size, tag);
        content.fill(0);
        problems.push({
          tag,
          kind: "unreadable",
          gap: { errno: EISDIR, offset: 0, length: size },
        });
      } else if (kind < 6) stream.write(content);
      else stream.splice(temporaryFile(path, content), size, tag);
      written.push(content);
      if (stream.full || random(40) === 0) await stream.drain();
    }
    await stream.end();

    const all = concatBytes(written);
    let position = 0;
    for (const chunk of await taken) {
      assertEquals(chunk.offset, position);
      position += chunk.size;
      const plain = all.subarray(chunk.offset, position);
      assertEquals(encodeHex(chunk.digest), hash("sha256", plain));
    }
    assertEquals(position, all.length);
    assertEquals(stream.takeProblems(), problems);
    if (chunker !== undefined) {
      const cutter = new StreamCutter(chunker());
      const sizes = [...cutter.push(all), ...cutter.end()]
        .map((piece) => piece.kind === "raw" ? piece.bytes.length : 0);
      assertEquals((await taken).map((chunk) => chunk.size), sizes);
    }
    // Where there is a second processor, an idle worker takes part.
    assert(navigator.hardwareConcurrency < 2 || pipeline.statistics().togetherBytes > 0);
  });
}
