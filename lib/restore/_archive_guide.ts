import { CorruptDataError } from "../errors/mod.ts";
import type { PxarAccessor, PxarDirectory, PxarEntry } from "../pxar/mod.ts";

/** A place to go on in an archive. */
export interface Stop {
  readonly position: number;
  /** Whether the directory ends there, and no entry begins. */
  readonly isEnd: boolean;
}

/** The way on after a stretch of the stream that cannot be had. */
export interface WayOn extends Stop {
  /** How many entries of the directory begin in the stretch, or between it and where it goes on. */
  readonly lost: number;
}

interface Level {
  readonly entry: PxarEntry;
  /** Absent as long as nobody asked; undefined inside if its table cannot be had. */
  directory?: Promise<PxarDirectory | undefined>;
  /** Starts of the wanted entries, ascending; absent for all. */
  stops?: readonly number[];
  next: number;
  end: number;
}

/**
 * Knows the goodbye tables of the directories that a sequential restore is in: which entries it may
 * leave out, and where it can go on after damage (spec: pxar.md §2). Nothing is read before it is
 * asked for. Tables that cannot be had are no failure: all entries are gone through then.
 */
export class ArchiveGuide {
  readonly #accessor: () => Promise<PxarAccessor>;
  readonly #levels: Level[] = [];

  /** @param accessor Opens the archive for random access; called where it is needed. */
  constructor(accessor: () => Promise<PxarAccessor>) {
    this.#accessor = accessor;
  }

  /** A directory was entered. */
  enter(entry: PxarEntry): void {
    this.#levels.push({ entry, next: 0, end: 0 });
  }

  /** The innermost directory was left. */
  leave(): void {
    // Whoever asked for the table has heard of its failure.
    this.#levels.pop()?.directory?.then((directory) => directory?.forgetPositions(), () => {});
  }

  /** Plans to visit only entries of these names in the innermost directory. */
  async visitOnly(names: readonly Uint8Array[]): Promise<void> {
    const depth = this.#levels.length - 1;
    const level = this.#levels[depth]!;
    try {
      if (names.length === 0 && depth > 0) {
        const parent = await this.#directory(depth - 1);
        if (parent === undefined) return;
        level.end = await parent.positionAfter(level.entry.position);
        level.stops = [];
        return;
      }
      const directory = await this.#directory(depth);
      if (directory === undefined) return;
      const stops = new Set<number>();
      for (const name of names) {
        for (const position of await directory.positionsOf(name)) stops.add(position);
      }
      level.end = directory.node.end;
      level.stops = [...stops].sort((a, b) => a - b);
    } catch (error) {
      if (!(error instanceof CorruptDataError)) throw error;
    }
  }

  /**
   * The next place to go on in the innermost directory.
   *
   * @param position Where the stream is.
   * @returns undefined for wherever it is.
   */
  stopAfter(position: number): Stop | undefined {
    const level = this.#levels.at(-1);
    if (level?.stops === undefined) return undefined;
    while (level.next < level.stops.length && level.stops[level.next]! < position) level.next++;
    const stop = level.stops[level.next];
    return stop === undefined
      ? { position: level.end, isEnd: true }
      : { position: stop, isEnd: false };
  }

  /**
   * Finds where the directory at a depth goes on.
   *
   * @param from Where the entry begins that comes next.
   * @param end Where the stretch that cannot be had ends.
   * @returns undefined if its table cannot be had either.
   */
  async wayOn(depth: number, from: number, end: number): Promise<WayOn | undefined> {
    try {
      const directory = await this.#directory(depth);
      if (directory === undefined) return undefined;
      const { stops } = this.#levels[depth]!;
      let lost = 0;
      let position = from - 1;
      for (;;) {
        position = stops === undefined
          ? await directory.positionAfter(position)
          : stops.find((stop) => stop > position) ?? directory.tablePosition;
        if (position >= directory.tablePosition) {
          return { position: directory.node.end, isEnd: true, lost };
        }
        if (position >= end) return { position, isEnd: false, lost };
        lost++;
      }
    } catch (error) {
      if (!(error instanceof CorruptDataError)) throw error;
      return undefined;
    }
  }

  #directory(depth: number): Promise<PxarDirectory | undefined> {
    return this.#levels[depth]!.directory ??= this.#open(depth);
  }

  async #open(depth: number): Promise<PxarDirectory | undefined> {
    try {
      const accessor = await this.#accessor();
      if (depth === 0) return accessor.root;
      const parent = await this.#directory(depth - 1);
      if (parent === undefined) return undefined;
      const { entry } = this.#levels[depth]!;
      const end = await parent.positionAfter(entry.position);
      return await accessor.directory({ entry, end, pathLength: 0 });
    } catch (error) {
      if (!(error instanceof CorruptDataError)) throw error;
      return undefined;
    }
  }
}
