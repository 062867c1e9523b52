import type { ChunkPlace, SnapshotCopy } from "../elsewhere/mod.ts";
import type { PlacedSnapshot } from "../repository/mod.ts";
import type { RepairContext } from "./_repair_context.ts";

/** Copies of one snapshot in other repositories, opened when they are needed. */
export class Copies implements AsyncDisposable {
  #copies: Promise<SnapshotCopy[]> | undefined;

  constructor(
    private readonly context: RepairContext,
    private readonly snapshot: PlacedSnapshot,
  ) {}

  /** All of them; opens them with the first call. */
  all(): Promise<SnapshotCopy[]> {
    return this.#copies ??= this.#open();
  }

  /** Places in which its chunks may be. */
  async chunks(): Promise<ChunkPlace[]> {
    const places: ChunkPlace[] = [];
    for (const { chunks } of this.context.others) if (chunks !== undefined) places.push(chunks);
    if (places.length === this.context.others.length) return places;
    for (const copy of await this.all()) places.push(await copy.chunks());
    return places;
  }

  async #open(): Promise<SnapshotCopy[]> {
    const copies: SnapshotCopy[] = [];
    for (const other of this.context.others) {
      copies.push(...await Array.fromAsync(other.copiesOf(this.snapshot)));
    }
    return copies;
  }

  /** Closes those that were opened. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const copy of await this.#copies?.catch(() => []) ?? []) {
      await copy[Symbol.asyncDispose]();
    }
  }
}
