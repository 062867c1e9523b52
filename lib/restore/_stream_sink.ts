import type { StreamPart } from "../bytes/mod.ts";
import type { PxarEntry } from "../pxar/mod.ts";
import type { EntryMaker } from "./_extraction_parts.ts";
import type { RestoredTree } from "./restore_request.ts";

/** Turns what a restore loop tells into a stream; what it makes waits in memory until it is taken. */
export interface StreamSink extends EntryMaker {
  /** Counters of what was made. */
  readonly made: { -readonly [K in keyof RestoredTree]: RestoredTree[K] };
  /** Bytes that wait to be taken. */
  readonly pendingBytes: number;
  /** Takes what was made since the last call; valid until the next entry. */
  take(): StreamPart[];
  /** Makes a chunk the one that `data` refers to, until what refers to it was taken. */
  useChunk(bytes: Uint8Array<ArrayBuffer>): void;
  /** Told of the entry of the archive that is made next, wanted or not. */
  locate(entry: PxarEntry): void;
  /** Ends the stream. @throws {CorruptDataError} if it cannot be whole. */
  finish(): void;
}
