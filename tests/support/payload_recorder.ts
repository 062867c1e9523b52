import { assert, assertEquals } from "@std/assert";
import type { ChunkIndex } from "../../lib/index/mod.ts";
import type { ReuseCosts } from "../../lib/reuse/cheapest_reuse.ts";
import type { PayloadRange, ReuseSink } from "../../lib/reuse/reuse_planner.ts";

/** An index with nothing but the places of its chunks. For tests. */
export function indexOfEnds(ends: readonly number[]): ChunkIndex {
  const startOf = (chunk: number) => chunk === 0 ? 0 : ends[chunk - 1]!;
  return {
    kind: "dynamic",
    name: "test",
    chunkCount: ends.length,
    size: ends.at(-1) ?? 0,
    checksum: new Uint8Array(32),
    digests: { bytes: new Uint8Array(32 * ends.length), offset: 0, stride: 32, count: ends.length },
    digestAt: () => new Uint8Array(32),
    startOf,
    endOf: (chunk) => ends[chunk]!,
    findChunk: (offset) => {
      let [low, high] = [0, ends.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (ends[middle]! > offset) high = middle;
        else low = middle + 1;
      }
      return low < ends.length ? low : undefined;
    },
  };
}

/** Records what a planner decides, and where everything would lie. For tests. */
export class PayloadRecorder implements ReuseSink<string> {
  readonly steps: string[] = [];
  /** Bytes of files with their headers, for the costs of reading them. */
  readonly sizes = new Map<string, number>();
  readonly references: { readonly name: string; readonly offset: number }[] = [];
  /** Injected chunks and where they lie in the new stream. */
  readonly injected: { readonly chunk: number; readonly at: number }[] = [];
  readonly #encoded: string[] = [];
  #position = 0;

  constructor(readonly index: ChunkIndex) {}

  /** Length of the new stream. */
  get position(): number {
    return this.#position;
  }

  pass(entry: string): void {
    this.steps.push(entry);
  }

  encode(entry: string, size: number = this.sizes.get(entry) ?? 0): void {
    this.steps.push(`encode ${entry}`);
    this.#encoded.push(entry);
    this.#position += size;
  }

  refer(entry: string, ahead: number): void {
    this.steps.push(`${entry} ${ahead}`);
    this.references.push({ name: entry, offset: this.#position + ahead });
  }

  inject(first: number, end: number): void {
    for (let chunk = first; chunk < end; chunk++) {
      this.steps.push(`inject ${chunk}`);
      this.injected.push({ chunk, at: this.#position });
      this.#position += this.index.endOf(chunk) - this.index.startOf(chunk);
    }
  }

  /** What the decisions cost: bytes read, padding, chunks. */
  cost({ paddingByte, chunk: perChunk }: ReuseCosts): number {
    const read = this.#encoded.reduce((sum, name) => sum + (this.sizes.get(name) ?? 0), 0);
    const injected = this.injected.reduce(
      (sum, { chunk }) => sum + this.index.endOf(chunk) - this.index.startOf(chunk),
      0,
    );
    const used = this.references.reduce((sum, { name }) => sum + this.sizes.get(name)!, 0);
    return read + (injected - used) * paddingByte + this.injected.length * perChunk;
  }

  /** Checks that every reference leads to its file, and that they ascend (client-pipeline.md §3.17). */
  check(rangeOf: (name: string) => PayloadRange): void {
    let last = -1;
    for (const { name, offset } of this.references) {
      const range = rangeOf(name);
      assert(offset > last, `${name} at ${offset} is not behind ${last}`);
      last = offset;
      for (let done = 0; done < range.end - range.start;) {
        const chunk = this.index.findChunk(range.start + done)!;
        const within = range.start + done - this.index.startOf(chunk);
        const place = this.injected.find(({ chunk: injected, at }) =>
          injected === chunk && at + within === offset + done
        );
        assertEquals(place?.chunk, chunk, `${name} leads to nothing`);
        done += this.index.endOf(chunk) - range.start - done;
      }
    }
  }
}
