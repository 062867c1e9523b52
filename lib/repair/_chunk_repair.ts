import { encodeHex } from "../bytes/mod.ts";
import { askPlaces, type ChunkPlace } from "../elsewhere/mod.ts";
import { ConflictError, describeError } from "../errors/mod.ts";
import type { PlacedSnapshot, SnapshotSource } from "../repository/mod.ts";
import type { ChunkVerdict, WantedChunk } from "./chunk_check.ts";
import type { RepairContext } from "./_repair_context.ts";

/** Chunks that are read and checked at the same time. */
const CHECKS_IN_FLIGHT = 8;
/** Chunks that are fetched from elsewhere at the same time. */
const FETCHES_IN_FLIGHT = 4;

/** Does something with all items, some at a time; ends with the first failure. */
export async function forAll<Item>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let isOver = false;
  const lane = async () => {
    for (let next = iterator.next(); !isOver && !next.done; next = iterator.next()) {
      await work(next.value).catch((error) => {
        isOver = true;
        throw error;
      });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, lane));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** Checks chunks where they are, and puts good ones in place of bad ones. */
export class ChunkRepair {
  constructor(private readonly context: RepairContext) {}

  /** Reads a chunk back. What says nothing about the chunk is thrown. */
  async look(chunk: WantedChunk, source: SnapshotSource): Promise<ChunkVerdict> {
    const { check, observer } = this.context;
    const { digest } = chunk;
    const verdict = await check.check(chunk, (buffer) => source.readChunk(digest, buffer));
    if (verdict === "good") observer.progress.bytesRead += chunk.size;
    else observer.log("debug", `chunk ${encodeHex(digest)}: ${verdict}`);
    return verdict;
  }

  /**
   * Checks those chunks that were not looked at before, and notes their states.
   *
   * @param isLast Whether bad ones are looked at again: a backup may have stored them meanwhile.
   * @param found Told of each that is of no use, those of earlier snapshots included.
   */
  async lookAtAll(
    chunks: Iterable<WantedChunk>,
    source: SnapshotSource,
    isLast: boolean,
    found: (chunk: WantedChunk, verdict: ChunkVerdict | "bad before") => void,
  ): Promise<void> {
    const { states, request } = this.context;
    await forAll(chunks, CHECKS_IN_FLIGHT, async (chunk) => {
      request.signal.throwIfAborted();
      const { digest } = chunk;
      if (states.of(digest) === "under way" || states.isGoodFor(chunk)) return;
      const wasBad = states.isBadFor(chunk);
      if (wasBad && !isLast) return found(chunk, "bad before");
      states.begin(digest);
      const verdict = await this.look(chunk, source).catch((error) => {
        states.forget(digest);
        throw error;
      });
      states.note(chunk, verdict);
      if (verdict !== "good") found(chunk, wasBad ? "bad before" : verdict);
    });
  }

  /**
   * Looks for good copies of bad chunks, and puts them in place.
   *
   * @param confirm Reads a chunk back from where it was put; absent where that comes later.
   * @returns How many are good now.
   */
  async heal(
    snapshot: PlacedSnapshot,
    chunks: Iterable<WantedChunk>,
    places: readonly ChunkPlace[],
    confirm?: SnapshotSource,
  ): Promise<number> {
    if (places.length === 0) return 0;
    let healed = 0;
    await forAll(chunks, FETCHES_IN_FLIGHT, async (chunk) => {
      this.context.request.signal.throwIfAborted();
      if (!this.context.states.isBadFor(chunk)) return;
      const { check } = this.context;
      const found = await askPlaces(places, chunk.digest, (read) => check.take(chunk, read), {
        refused: (place, reason) => this.#refused(place, chunk, reason),
      });
      if (found === undefined) return;
      if (await this.put(snapshot, chunk, found.value, found.place.name, confirm)) healed++;
    });
    return healed;
  }

  /**
   * Puts a chunk that was checked in place.
   *
   * @param from Where it comes from, for people.
   * @param confirm See {@linkcode ChunkRepair.heal}.
   * @returns Whether it is good now, or is to be looked at again.
   */
  async put(
    snapshot: PlacedSnapshot,
    chunk: WantedChunk,
    blob: Uint8Array,
    from: string,
    confirm?: SnapshotSource,
  ): Promise<boolean> {
    const { counters, observer, request, states, target } = this.context;
    const name = `chunk ${encodeHex(chunk.digest)}`;
    if (request.dryRun) {
      states.note(chunk, "good");
      this.context.healable.set(encodeHex(chunk.digest), chunk);
      observer.log("info", `${name}: a good one is in ${from}`);
    } else {
      try {
        // A good one at hand proves that what has its digest and another content is none.
        if (states.isForged(chunk.digest)) await target.setAside(snapshot, [chunk.digest], true);
        await target.putChunk(snapshot, { digest: chunk.digest, size: chunk.size, blob });
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
        observer.log("warn", `${name}: the repository refuses it: ${describeError(error)[0]}`);
        return false;
      }
      const verdict = confirm && await this.look(chunk, confirm);
      if (verdict !== undefined && verdict !== "good") {
        observer.log("warn", `${name}: a good one was sent, but the bad one is still in its place`);
        return false;
      }
      if (verdict === undefined) states.forget(chunk.digest);
      else states.note(chunk, "good");
      observer.log("info", `${name}: taken from ${from}`);
    }
    counters.chunksRepaired++;
    counters.bytesRepaired += blob.byteLength;
    if (chunk.encrypted && !chunk.hasKey) counters.chunksUnproven++;
    return true;
  }

  #refused(place: ChunkPlace, { digest }: WantedChunk, reason: Error): void {
    this.context.observer.log(
      "warn",
      `chunk ${encodeHex(digest)}: not taken from ${place.name}: ${describeError(reason)[0]}`,
    );
  }
}
