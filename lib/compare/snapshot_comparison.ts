import { bytesEqual } from "../bytes/mod.ts";
import type { ManifestFile } from "../manifest/mod.ts";
import { type CheckedSnapshot, ChunkCache } from "../reading/mod.ts";
import { archiveKind, formatSnapshotPath } from "../repository/mod.ts";
import { type ArchivePair, pairArchives } from "./archive_pair.ts";
import { ComparedTree } from "./_compared_tree.ts";
import { differingBytes } from "./_compare_streams.ts";
import { compareTrees } from "./_compare_trees.ts";
import { ContentEvidence } from "./_content_evidence.ts";
import { CountedSource } from "./_counted_source.ts";
import type { EntryChange } from "./entry_change.ts";
import { findRenames } from "./_held_changes.ts";
import { named } from "./_with_name.ts";

/** An archive as a whole that two snapshots do not have alike: one they lack, an image, a blob. */
export interface ArchiveChange {
  readonly status: "added" | "removed" | "changed";
  /**
   * Sums over the archive's files as the manifests list them; absent if it is not there, or a blob
   * that was changed.
   */
  readonly sizeBefore?: number;
  readonly sizeAfter?: number;
  /** Of images: bytes of chunks that the older one does not have there; absent if not comparable. */
  readonly differingBytes?: number;
}

/** A difference of two snapshots. */
export type SnapshotChange =
  & { readonly archive: string }
  & ({ readonly entry: EntryChange } | { readonly whole: ArchiveChange });

/** How to compare. */
export interface CompareOptions {
  /** The only archive that is compared; by default all. */
  readonly archive?: string | undefined;
  /** Told of archives with so many changes that renames could not be looked for among all. */
  readonly onManyChanges?: (archive: string) => void;
}

/** Plain bytes of chunks that stay for the other snapshot, which needs most of them soon after. */
const KEPT_BYTES = 16 * 1024 * 1024;

/**
 * Compares two snapshots by their manifests, indexes and the metadata of their file archives. No
 * contents are read, apart from those of encrypted blobs.
 *
 * @example
 * ```ts ignore
 * using comparison = new SnapshotComparison(before, after);
 * for await (const change of comparison.changes()) report(change);
 * ```
 */
export class SnapshotComparison implements Disposable {
  /** The archives that are compared, and what their manifests alone say. */
  readonly archives: readonly ArchivePair[];
  readonly #before: CheckedSnapshot;
  readonly #after: CheckedSnapshot;
  readonly #sources: { readonly before: CountedSource; readonly after: CountedSource };
  readonly #cache: ChunkCache;
  readonly #options: CompareOptions;

  /**
   * @param before The older snapshot; stays the caller's, as does the other. Both use one key.
   * @throws {NotFoundError} if neither has the archive that is wanted.
   */
  constructor(before: CheckedSnapshot, after: CheckedSnapshot, options: CompareOptions = {}) {
    this.archives = pairArchives(before.manifest, after.manifest, options.archive);
    this.#before = before;
    this.#after = after;
    this.#sources = {
      before: new CountedSource(before.source),
      after: new CountedSource(after.source),
    };
    this.#cache = new ChunkCache(this.#sources.before, before.crypt, KEPT_BYTES);
    this.#options = options;
  }

  /** Chunks that were read so far; one that both snapshots need at the same time counts once. */
  get chunksRead(): number {
    return this.#sources.before.chunks + this.#sources.after.chunks;
  }

  /**
   * All differences: archives by name, entries in the order of the archive.
   *
   * @throws {CorruptDataError} where one of them is damaged; what came before that is right.
   */
  async *changes(): AsyncGenerator<SnapshotChange> {
    for (const pair of this.archives) {
      const { name: archive, status } = pair;
      if (status === "identical") continue;
      if (status === "added" || status === "removed") {
        yield { archive, whole: { status, ...sizesOf(pair) } };
      } else if (archive.endsWith(".pxar")) {
        for await (const entry of this.#entries(archive)) yield { archive, entry };
      } else {
        const whole = await this.#whole(pair);
        if (whole !== undefined) yield { archive, whole };
      }
    }
  }

  async *#entries(name: string): AsyncGenerator<EntryChange> {
    const open = (side: "before" | "after", snapshot: CheckedSnapshot) =>
      ComparedTree.open({ snapshot, source: this.#sources[side], name, cache: this.#cache });
    const before = await open("before", this.#before);
    const after = await open("after", this.#after);
    const evidence = ContentEvidence.of(before, after);
    try {
      yield* findRenames(
        compareTrees(before, after, evidence),
        (old, now) => evidence.compare(old, now),
        () => this.#options.onManyChanges?.(name),
      );
    } finally {
      await before.settle();
      await after.settle();
    }
  }

  async #whole(pair: ArchivePair): Promise<ArchiveChange | undefined> {
    const [before, after] = [pair.before[0]!, pair.after[0]!];
    if (archiveKind(after.filename) === "blob") {
      // Their sizes in the manifest are those of their encoded forms.
      return await this.#areBlobsEqual(before, after) ? undefined : { status: "changed" };
    }
    const change = { status: "changed", ...sizesOf(pair) } as const;
    if ((before.cryptMode === "encrypt") !== (after.cryptMode === "encrypt")) return change;
    const old = await ofSnapshot(this.#before, (snapshot) => snapshot.readIndex(before));
    const now = await ofSnapshot(this.#after, (snapshot) => snapshot.readIndex(after));
    return { ...change, differingBytes: differingBytes(old, now) };
  }

  /** Blobs are small, and encrypted ones never the same twice: their contents are compared. */
  async #areBlobsEqual(before: ManifestFile, after: ManifestFile): Promise<boolean> {
    return bytesEqual(
      await ofSnapshot(this.#before, (snapshot) => snapshot.readBlob(before)),
      await ofSnapshot(this.#after, (snapshot) => snapshot.readBlob(after)),
    );
  }

  /** Gives all memory back. */
  [Symbol.dispose](): void {
    this.#cache[Symbol.dispose]();
  }
}

async function ofSnapshot<T>(
  snapshot: CheckedSnapshot,
  work: (snapshot: CheckedSnapshot) => Promise<T>,
): Promise<T> {
  const label = `snapshot ${formatSnapshotPath(snapshot.source.snapshot)}`;
  return await named(label, () => work(snapshot));
}

function sizesOf({ before, after }: ArchivePair): { sizeBefore?: number; sizeAfter?: number } {
  const sum = (files: readonly ManifestFile[]) => files.reduce((sum, { size }) => sum + size, 0);
  return {
    ...(before.length === 0 ? {} : { sizeBefore: sum(before) }),
    ...(after.length === 0 ? {} : { sizeAfter: sum(after) }),
  };
}
