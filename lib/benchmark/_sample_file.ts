import { closeFile, openFile, OpenFlag, removeFile, writeNow } from "../../ffi/posix_files.ts";
import { SystemError } from "../errors/mod.ts";

/** Part that is made at a time. */
const PART_BYTES = 1024 * 1024;
/** Within a part, so much that compresses follows so much that does not. */
const STRETCH_WORDS = 8192;
const VOCABULARY_WORDS = 1024;
/** Words of the vocabulary that stand together. */
const PHRASE_WORDS = 4;
const SEED = 0x9e3779b9;
const MODE = 0o600;

/**
 * A file without a name, the same each time: half of it is random, half of it compresses as texts do.
 * It is gone when it is disposed of, or with the process.
 */
export class SampleFile implements Disposable {
  readonly #fd: number;

  /**
   * @param folders Where it may be; the first that can be written in is taken.
   * @param sizeBytes A multiple of 1 MiB.
   * @throws {SystemError} if it cannot be made.
   */
  constructor(folders: readonly string[], readonly sizeBytes: number) {
    this.#fd = openNameless(folders);
    const words = new Uint32Array(PART_BYTES / 4);
    const bytes = new Uint8Array(words.buffer);
    const next = randomNumbers();
    const vocabulary = Uint32Array.from({ length: VOCABULARY_WORDS }, next);
    for (let at = 0; at < sizeBytes; at += PART_BYTES) {
      fill(words, vocabulary, next);
      const status = writeNow(this.#fd, bytes, at);
      if (status === 0) continue;
      closeFile(this.#fd);
      throw new SystemError(-status, "cannot write the sample for the benchmark");
    }
  }

  /** A descriptor at its beginning, the caller's. */
  open(): number {
    const fd = openFile(`/proc/self/fd/${this.#fd}`, OpenFlag.READ);
    if (fd < 0) throw new SystemError(-fd, "cannot open the sample of the benchmark");
    return fd;
  }

  [Symbol.dispose](): void {
    closeFile(this.#fd);
  }
}

function openNameless(folders: readonly string[]): number {
  let failure = 0;
  for (const folder of folders) {
    const path = `${folder}/pbs-client-benchmark-${crypto.randomUUID()}`;
    const fd = openFile(path, OpenFlag.READ_WRITE | OpenFlag.CREATE | OpenFlag.EXCLUSIVE, MODE);
    if (fd >= 0) {
      removeFile(path);
      return fd;
    }
    failure = fd;
  }
  throw new SystemError(
    -failure,
    `cannot write the sample for the benchmark in ${folders.map((each) => `"${each}"`).join(", ")}`,
  );
}

function fill(words: Uint32Array, vocabulary: Uint32Array, next: () => number): void {
  for (let at = 0; at < words.length; at++) {
    if (Math.floor(at / STRETCH_WORDS) % 2 === 0) {
      words[at] = next();
      continue;
    }
    const phrase = next() % (VOCABULARY_WORDS / PHRASE_WORDS) * PHRASE_WORDS;
    for (let word = 0; word < PHRASE_WORDS; word++) words[at + word] = vocabulary[phrase + word]!;
    at += PHRASE_WORDS - 1;
  }
}

/** Numbers of 32 bits: quick, and without order that a compressor could find (xorshift). */
function randomNumbers(): () => number {
  let state = SEED;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
