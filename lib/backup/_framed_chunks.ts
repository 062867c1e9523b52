import type { ChunkStream, FinishedChunk } from "../chunking/mod.ts";
import type { FinishedChunkSource } from "./_chunk_uploader.ts";
import type { HeldChunks } from "./_held_chunks.ts";

/** Chunks that are handed on at a time. */
const BATCH = 64;

/** Bytes that an archive has around its content. */
export interface Frame {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** Chunks of an archive whose content is stored already: of what is before it, of it, of what follows. */
export class FramedChunks implements FinishedChunkSource {
  readonly #batches: AsyncGenerator<readonly FinishedChunk[]>;

  /** @param openStream Opens a stream that cuts and encodes a part of the frame. */
  constructor(content: HeldChunks, frame: Frame, openStream: () => ChunkStream) {
    this.#batches = frameChunks(content, frame, openStream);
  }

  async next(): Promise<readonly FinishedChunk[] | undefined> {
    const { value, done } = await this.#batches.next();
    return done ? undefined : value;
  }
}

async function* frameChunks(
  content: HeldChunks,
  { before, after }: Frame,
  openStream: () => ChunkStream,
): AsyncGenerator<readonly FinishedChunk[]> {
  yield* chunksOf(openStream(), before, 0);
  let batch: FinishedChunk[] = [];
  for (const chunk of content.chunks(before.length)) {
    batch.push(chunk);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
  yield* chunksOf(openStream(), after, before.length + content.sizeBytes);
}

async function* chunksOf(
  stream: ChunkStream,
  bytes: Uint8Array,
  shift: number,
): AsyncGenerator<readonly FinishedChunk[]> {
  using _stream = stream;
  stream.write(bytes);
  const ended = stream.end();
  ended.catch(() => {});
  for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) {
    yield batch.map((chunk) => new ShiftedChunk(chunk, shift));
  }
  await ended;
}

/** A chunk at another place. */
class ShiftedChunk implements FinishedChunk {
  readonly #chunk: FinishedChunk;
  readonly offset: number;

  constructor(chunk: FinishedChunk, shift: number) {
    this.#chunk = chunk;
    this.offset = chunk.offset + shift;
  }

  get digest(): Uint8Array {
    return this.#chunk.digest;
  }

  get size(): number {
    return this.#chunk.size;
  }

  get known(): boolean {
    return this.#chunk.known;
  }

  get injected(): boolean {
    return this.#chunk.injected;
  }

  get blob(): Uint8Array<ArrayBuffer> | undefined {
    return this.#chunk.blob;
  }

  release(): void {
    this.#chunk.release();
  }
}
