import { crc32 } from "node:zlib";
import { CorruptDataError, PbsError } from "../errors/mod.ts";
import type { DigestSet } from "./digest_set.ts";
import { DIGEST_LENGTH, DIGEST_WORDS, PARTITION_COUNT, partitionOf } from "./format.ts";

/** Digests that are gathered before they are written; 2 MiB. */
const BUFFERED_DIGESTS = 65536;
/** Most digests that are read at a time. */
const READ_DIGESTS = 131072;

/** Places of the partitions of one run. */
interface Run {
  /** Offset of the run in the file in bytes. */
  readonly offset: number;
  /** First digest of each partition, and the number of all. */
  readonly starts: Uint32Array;
  /** Checksum of each partition. */
  readonly checksums: Uint32Array;
}

/**
 * Sets of digests on disk, each sorted by partition. The file has no name, so that it goes away with the
 * process, however that ends; what is known of its contents stays in memory and shows damage.
 */
export class SpillFile implements Disposable {
  readonly #folder: string;
  readonly #file: Deno.FsFile;
  readonly #runs: Run[] = [];
  #size = 0;
  /** Memory of what is being read. */
  #read = new Uint8Array(0);

  /** @param folder Where it is made. @throws {PbsError} if it cannot be. */
  constructor(folder: string) {
    this.#folder = folder;
    try {
      const path = Deno.makeTempFileSync({ dir: folder, prefix: ".pbs-marking-" });
      try {
        this.#file = Deno.openSync(path, { read: true, write: true });
      } finally {
        Deno.removeSync(path);
      }
    } catch (cause) {
      throw this.#failure("make", cause);
    }
  }

  /** Bytes of all runs. */
  get size(): number {
    return this.#size;
  }

  /** Number of runs. */
  get runCount(): number {
    return this.#runs.length;
  }

  /** Writes a set as a run. @throws {PbsError} if there is no room. */
  async add(set: DigestSet): Promise<void> {
    const { count, records } = set;
    const { starts, order } = sortByPartition(records, count);
    const checksums = new Uint32Array(PARTITION_COUNT);
    const buffer = new Uint32Array(Math.min(BUFFERED_DIGESTS, count) * DIGEST_WORDS);
    const offset = this.#size;
    let partition = 0;
    for (let first = 0; first < count; first += BUFFERED_DIGESTS) {
      const last = Math.min(first + BUFFERED_DIGESTS, count);
      for (let i = first, to = 0; i < last; i++) {
        const from = order[i]! * DIGEST_WORDS;
        for (let word = 0; word < DIGEST_WORDS; word++) buffer[to++] = records[from + word]!;
      }
      const bytes = new Uint8Array(buffer.buffer, 0, (last - first) * DIGEST_LENGTH);
      for (; partition < PARTITION_COUNT; partition++) {
        const begin = Math.max(starts[partition]!, first);
        const end = Math.min(starts[partition + 1]!, last);
        if (begin < end) {
          const part = bytes.subarray(
            (begin - first) * DIGEST_LENGTH,
            (end - first) * DIGEST_LENGTH,
          );
          checksums[partition] = crc32(part, checksums[partition]);
        }
        if (starts[partition + 1]! > last) break;
      }
      await this.#write(bytes);
    }
    this.#runs.push({ offset, starts, checksums });
  }

  /** Number of digests in some partitions, repeated ones counted again. */
  countIn(first: number, last: number): number {
    let count = 0;
    for (const { starts } of this.#runs) count += starts[last + 1]! - starts[first]!;
    return count;
  }

  /**
   * Digests of some partitions, in pieces that are valid until the next one is asked for.
   *
   * @throws {CorruptDataError} if they are not what was written.
   */
  *read(first: number, last: number): Generator<Uint32Array> {
    for (const run of this.#runs) {
      for (let partition = first; partition <= last;) {
        // As many whole partitions as fit; one that is larger alone.
        let end = partition + 1;
        const begin = run.starts[partition]!;
        while (end <= last && run.starts[end + 1]! - begin <= READ_DIGESTS) end++;
        yield* this.#readPartitions(run, partition, end);
        partition = end;
      }
    }
  }

  *#readPartitions({ offset, starts, checksums }: Run, first: number, end: number) {
    const checks = new Uint32Array(end - first);
    let partition = first;
    for (let begin = starts[first]!; begin < starts[end]!; begin += READ_DIGESTS) {
      const until = Math.min(begin + READ_DIGESTS, starts[end]!);
      const bytes = this.#buffer.subarray(0, (until - begin) * DIGEST_LENGTH);
      this.#readAt(offset + begin * DIGEST_LENGTH, bytes);
      for (; partition < end; partition++) {
        const from = Math.max(starts[partition]!, begin) - begin;
        const to = Math.min(starts[partition + 1]!, until) - begin;
        const part = bytes.subarray(from * DIGEST_LENGTH, to * DIGEST_LENGTH);
        checks[partition - first] = crc32(part, checks[partition - first]);
        if (starts[partition + 1]! > until) break;
        if (checks[partition - first] !== checksums[partition]) throw this.#damaged();
      }
      yield new Uint32Array(bytes.buffer, 0, (until - begin) * DIGEST_WORDS);
    }
  }

  get #buffer(): Uint8Array<ArrayBuffer> {
    if (this.#read.length === 0) this.#read = new Uint8Array(READ_DIGESTS * DIGEST_LENGTH);
    return this.#read;
  }

  #readAt(offset: number, bytes: Uint8Array): void {
    try {
      this.#file.seekSync(offset, Deno.SeekMode.Start);
      for (let done = 0; done < bytes.byteLength;) {
        const read = this.#file.readSync(bytes.subarray(done));
        if (read === null) throw this.#damaged();
        done += read;
      }
    } catch (cause) {
      throw cause instanceof PbsError ? cause : this.#failure("read", cause);
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      this.#file.seekSync(this.#size, Deno.SeekMode.Start);
      for (let done = 0; done < bytes.byteLength;) {
        done += await this.#file.write(bytes.subarray(done));
      }
    } catch (cause) {
      throw this.#failure("write", cause);
    }
    this.#size += bytes.byteLength;
  }

  #damaged(): CorruptDataError {
    return new CorruptDataError(
      `the temporary file of marked digests in "${this.#folder}" is damaged, nothing was concluded from it`,
    );
  }

  #failure(verb: string, cause: unknown): PbsError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new PbsError(
      `cannot ${verb} the temporary file of marked digests in "${this.#folder}": ${reason}; TMPDIR names another folder`,
      { cause },
    );
  }

  /** Gives its room back. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** Numbers of records in the order of their partitions, and where each partition begins. */
function sortByPartition(
  records: Uint32Array,
  count: number,
): { starts: Uint32Array; order: Uint32Array } {
  const starts = new Uint32Array(PARTITION_COUNT + 1);
  for (let i = 0; i < count; i++) {
    const next = partitionOf(records[i * DIGEST_WORDS]!) + 1;
    starts[next] = starts[next]! + 1;
  }
  for (let i = 0; i < PARTITION_COUNT; i++) starts[i + 1] = starts[i + 1]! + starts[i]!;
  const places = starts.slice();
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const partition = partitionOf(records[i * DIGEST_WORDS]!);
    const place = places[partition]!;
    order[place] = i;
    places[partition] = place + 1;
  }
  return { starts, order };
}
