import { DigestTable } from "../datastore/mod.ts";
import { ConnectionError, NotFoundError, PbsError } from "../errors/mod.ts";
import { type BackupSnapshot, formatGroupPath, type PlacedSnapshot } from "../repository/mod.ts";
import type { ChunkPlace } from "./chunk_place.ts";
import type { OtherRepository } from "./other_repository.ts";
import { OpenCopies } from "./_open_copies.ts";
import { openWithIndexes } from "./_open_with_indexes.ts";

/** Time for which a server that could not be reached is not asked again. */
const LOST_PAUSE_MS = 10_000;

/**
 * Chunks of all snapshots of a group on a server, which gives them only to who has read an index that names
 * them. Snapshots are opened one by one, when what was opened before does not name a chunk. A chunk is one
 * file there, whichever snapshot it is asked for through.
 */
export class GroupChunks implements AsyncDisposable {
  readonly #other: OtherRepository;
  readonly #wanted: PlacedSnapshot;
  readonly #copies: OpenCopies;
  /** Which snapshot names a digest, as a place in the list of those that were looked into. */
  #named = new DigestTable();
  #seen: PlacedSnapshot[] = [];
  /** Snapshots that were not looked into yet, the next one last; undefined if they were not listed yet. */
  #rest: PlacedSnapshot[] | undefined;
  #looking: Promise<boolean> | undefined;
  #lostUntil = 0;

  /** @param wanted A snapshot of the group, in the namespace that is looked into first. */
  constructor(other: OtherRepository, wanted: PlacedSnapshot) {
    this.#other = other;
    this.#wanted = wanted;
    this.#copies = new OpenCopies((placed) => openWithIndexes(other, placed));
  }

  /** The place where chunks of a snapshot are; the copy of that snapshot is looked into first. */
  near(snapshot: BackupSnapshot): ChunkPlace {
    return {
      name: this.#other.name,
      readChunk: (digest, buffer) => this.#readChunk(snapshot, digest, buffer),
    };
  }

  async #readChunk(
    near: BackupSnapshot,
    digest: Uint8Array,
    buffer: (length: number) => Uint8Array,
  ): Promise<void> {
    if (performance.now() < this.#lostUntil) throw new NotFoundError("it cannot be reached");
    try {
      if (await this.#readThrough(await this.#find(near, digest), digest, buffer)) return;
      // It was removed since, or cannot be opened; others may name the same chunk.
      this.#startAnew();
      if (await this.#readThrough(await this.#find(near, digest), digest, buffer)) return;
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      const words = `cannot be reached: ${error.message}`;
      if (performance.now() >= this.#lostUntil) this.#other.log(`${this.#other.name} ${words}`);
      this.#lostUntil = performance.now() + LOST_PAUSE_MS;
      throw new NotFoundError(`it ${words}`, { cause: error });
    }
    throw new NotFoundError("the snapshot that names it cannot be opened");
  }

  /** @returns Whether the snapshot could be opened. */
  async #readThrough(
    placed: PlacedSnapshot,
    digest: Uint8Array,
    buffer: (length: number) => Uint8Array,
  ): Promise<boolean> {
    let isOpen = false;
    try {
      await this.#copies.use(placed, async ({ source }) => {
        isOpen = true;
        await source.readChunk(digest, buffer);
      });
      return true;
    } catch (error) {
      const isGone = !isOpen && error instanceof PbsError && !(error instanceof ConnectionError);
      if (isGone) return false;
      throw error;
    }
  }

  /** The snapshot that names a chunk. @throws {NotFoundError} if none does. */
  async #find(near: BackupSnapshot, digest: Uint8Array): Promise<PlacedSnapshot> {
    for (;;) {
      const place = this.#named.get(digest);
      if (place !== undefined) return this.#seen[place]!;
      // One looks, all others that lack something wait for what it finds.
      this.#looking ??= this.#lookFurther(near).finally(() => this.#looking = undefined);
      if (!await this.#looking && !this.#named.has(digest)) {
        const group = formatGroupPath(near);
        throw new NotFoundError(
          this.#seen.length === 0
            ? `it has no snapshot of ${group} that can be read`
            : `no snapshot of ${group} there names it`,
        );
      }
    }
  }

  /** Looks into one more snapshot. @returns Whether there was one. */
  async #lookFurther(near: BackupSnapshot): Promise<boolean> {
    const { namespace, snapshot } = this.#wanted;
    if (this.#rest === undefined) {
      const found = await this.#other.snapshotsOf(namespace, snapshot);
      if (found.length === 0) return false;
      this.#rest = found.reverse();
    }
    const rest = this.#rest;
    const same = rest.findLastIndex(({ snapshot: { time } }) => time === near.time);
    const next = same < 0 ? rest.pop() : rest.splice(same, 1)[0];
    if (next === undefined) return false;
    try {
      await this.#copies.use(next, ({ indexes }) => {
        const place = this.#seen.push(next) - 1;
        for (const index of indexes.splice(0)) {
          for (let i = 0; i < index.chunkCount; i++) {
            const digest = index.digestAt(i);
            if (!this.#named.has(digest)) this.#named.set(digest, place);
          }
        }
        return Promise.resolve();
      });
    } catch (error) {
      if (error instanceof ConnectionError) {
        rest.push(next);
        throw error;
      }
      this.#other.tellUnreadable(next, error);
    }
    return true;
  }

  #startAnew(): void {
    this.#other.forgetListings();
    this.#named = new DigestTable();
    this.#seen = [];
    this.#rest = undefined;
  }

  /** Closes what is open. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#looking?.catch(() => {});
    await this.#copies[Symbol.asyncDispose]();
  }
}
