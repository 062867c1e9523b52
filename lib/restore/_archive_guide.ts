import { CorruptDataError } from "../errors/mod.ts";
import type { PxarAccessor, PxarDirectory, PxarEntry } from "../pxar/mod.ts";

/** A place to go on in an archive. */
export interface Stop {
  readonly position: number;
  /** Whether the directory ends there, and no entry begins. */
  readonly isEnd: boolean;
}

/** Entries of a directory that begin in a stretch of the stream that cannot be had. */
export interface LostEntries {
  readonly directory: PxarDirectory;
  /** Positions of the entries, without a directory that is gone into. */
  readonly lost: readonly number[];
}

/** The way on after a stretch of the stream that cannot be had. */
export interface WayOn extends Stop {
  /**
   * The directory that is open, and those of which the start is lost and that are gone into, from the
   * outermost to the innermost.
   */
  readonly levels: readonly LostEntries[];
}

/** A stretch of the stream that cannot be had. */
export interface LostStretch {
  /** Place where the entry begins that comes next. */
  readonly from: number;
  readonly end: number;
  /** Place where an entry begins that has begun before; absent between entries. */
  readonly begun?: number | undefined;
  /** Whether directories may be gone into of which the start is lost. */
  readonly goesIn: boolean;
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

  /** A directory was entered of which the start is lost. */
  enterLost(directory: PxarDirectory): void {
    const { entry } = directory.node;
    this.#levels.push({ entry, directory: Promise.resolve(directory), next: 0, end: 0 });
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
   * @returns undefined if its table cannot be had either.
   */
  async wayOn(depth: number, stretch: LostStretch): Promise<WayOn | undefined> {
    try {
      const directory = await this.#directory(depth);
      if (directory === undefined) return undefined;
      const levels: LostEntries[] = [];
      let step = await stepOver(directory, stretch, this.#levels[depth]!.stops);
      while (step.reaching !== undefined) {
        const begin = { position: step.reaching, depth: depth + levels.length + 1 };
        const inner = await this.#openLost(begin, step.position);
        if (inner === undefined) break;
        levels.push({
          directory: step.directory,
          lost: step.lost.filter((position) => position !== step.reaching),
        });
        step = await stepOver(inner, { ...stretch, from: begin.position, begun: undefined });
      }
      levels.push({ directory: step.directory, lost: step.lost });
      const { node, tablePosition } = step.directory;
      return step.position >= tablePosition
        ? { position: node.end, isEnd: true, levels }
        : { position: step.position, isEnd: false, levels };
    } catch (error) {
      if (!(error instanceof CorruptDataError)) throw error;
      return undefined;
    }
  }

  /** The directory of which the start is lost, if there is one. */
  async #openLost(
    begin: { readonly position: number; readonly depth: number },
    end: number,
  ): Promise<PxarDirectory | undefined> {
    try {
      return await (await this.#accessor()).lostDirectory(begin, end);
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

/** Part of a directory that a lost stretch touches. */
interface Step {
  readonly directory: PxarDirectory;
  /** Places where entries begin in the stretch. */
  readonly lost: readonly number[];
  /** Place where the next entry begins, or the directory's table. */
  readonly position: number;
  /** The entry that begins before the end of the stretch and reaches beyond it. */
  readonly reaching: number | undefined;
}

async function stepOver(
  directory: PxarDirectory,
  { from, end, begun, goesIn }: LostStretch,
  stops?: readonly number[],
): Promise<Step> {
  const lost: number[] = [];
  let position = from - 1;
  for (;;) {
    position = stops === undefined
      ? await directory.positionAfter(position)
      : stops.find((stop) => stop > position) ?? directory.tablePosition;
    if (position >= end || position >= directory.tablePosition) break;
    lost.push(position);
  }
  const last = lost.at(-1) ?? begun;
  return { directory, lost, position, reaching: goesIn && position > end ? last : undefined };
}
