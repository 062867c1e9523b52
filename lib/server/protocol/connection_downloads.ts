import { type ConnectionAnswers, releaseMemory } from "../memory/mod.ts";

/** Bytes that a chunk counts for until its length is known: most are not longer. */
const ASSUMED_CHUNK_BYTES = 4 * 1024 * 1024;
/** The same of an index or blob. */
const ASSUMED_FILE_BYTES = 16 * 1024 * 1024;

/** Bytes in memory that are being sent. */
export interface ReadDownload {
  readonly bytes: Uint8Array;
  /** To be called once, when the bytes are not needed any more. */
  readonly released: () => void;
}

/** Answers that one upgraded connection is being sent, within the budget of all. */
export class ConnectionDownloads {
  readonly #answers: ConnectionAnswers;

  constructor(answers: ConnectionAnswers) {
    this.#answers = answers;
  }

  /**
   * Reads a chunk when there is memory for it.
   *
   * @param read Puts it into memory that it asks for once.
   * @param signal Ends the wait.
   * @throws {CancelledError} if the signal was aborted before there was memory.
   */
  async readChunk(
    read: (buffer: (length: number) => Uint8Array) => Promise<void>,
    signal: AbortSignal,
  ): Promise<ReadDownload> {
    const held = await this.#answers.hold(ASSUMED_CHUNK_BYTES, signal);
    let bytes = new Uint8Array(0);
    const released = () => {
      held[Symbol.dispose]();
      // Now, not when the collector thinks so: these are most of the server's memory.
      releaseMemory(bytes);
    };
    try {
      await read((length) => {
        held.resize(length);
        return bytes = new Uint8Array(length);
      });
    } catch (error) {
      released();
      throw error;
    }
    return { bytes, released };
  }

  /** As {@linkcode readChunk}, for a whole file. */
  async readFile(read: () => Promise<Uint8Array>, signal: AbortSignal): Promise<ReadDownload> {
    const held = await this.#answers.hold(ASSUMED_FILE_BYTES, signal);
    try {
      const bytes = await read();
      held.resize(bytes.length);
      return { bytes, released: () => held[Symbol.dispose]() };
    } catch (error) {
      held[Symbol.dispose]();
      throw error;
    }
  }
}
