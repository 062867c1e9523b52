import { encodeHex } from "../bytes/mod.ts";
import { DigestTable } from "../datastore/mod.ts";
import {
  ConnectionError,
  CorruptDataError,
  describeError,
  NotFoundError,
  PbsError,
} from "../errors/mod.ts";
import {
  type Elsewhere,
  formatGroupPath,
  type PlacedSnapshot,
  type ReadChunk,
} from "../repository/mod.ts";
import { DamagedChunkError } from "../reading/mod.ts";
import { askPlaces } from "./ask_places.ts";
import type { ChunkPlace } from "./chunk_place.ts";
import { GroupChunks } from "./group_chunks.ts";
import { type HelpingRepository, OtherRepository } from "./other_repository.ts";

/** Counters of what was taken from another repository. */
export interface OtherUse {
  /** Name of the repository in messages. */
  readonly name: string;
  /** Distinct chunks. */
  readonly chunks: number;
  /** Files of snapshots; one that was read again counts again. */
  readonly files: number;
}

/** Listener for what is taken from other repositories, and what is not. */
export interface OtherPlacesObserver {
  /** A line for people; whatever is read goes on. */
  log(level: "info" | "warn", line: string): void;
  /** Something is taken from a repository for the first time. */
  begins?(name: string): void;
}

/** A second repository, with what is known of it. */
interface Other {
  readonly repository: OtherRepository;
  /** On a server: by namespace and group. */
  readonly groups: Map<string, GroupChunks>;
  readonly used: DigestTable;
  /** Chunks that were not taken from it; each is told once. */
  readonly refused: DigestTable;
  files: number;
}

/** Other repositories that chunks and files of damaged snapshots are taken from. */
export class OtherPlaces implements AsyncDisposable {
  readonly #others: readonly Other[];
  readonly #observer: OtherPlacesObserver;

  /** @param repositories In the order of preference; they stay the caller's. */
  constructor(repositories: readonly HelpingRepository[], observer: OtherPlacesObserver) {
    this.#observer = observer;
    this.#others = repositories.map((each) => ({
      repository: new OtherRepository(each, (line) => observer.log("warn", line)),
      groups: new Map(),
      used: new DigestTable(),
      refused: new DigestTable(),
      files: 0,
    }));
  }

  /** Counters of what was taken so far, by repository. */
  get uses(): OtherUse[] {
    return this.#others.map(({ repository: { name }, used, files }) => ({
      name,
      chunks: used.count,
      files,
    }));
  }

  /** The other places of a snapshot. */
  of(placed: PlacedSnapshot): Elsewhere {
    return {
      chunk: (digest, failure, take) => this.#chunk(placed, digest, failure, take),
      file: (name, failure, take) => this.#file(placed, name, failure, take),
    };
  }

  async #chunk<T>(
    placed: PlacedSnapshot,
    digest: Uint8Array,
    failure: Error,
    take: (read: ReadChunk) => Promise<T>,
  ): Promise<T> {
    const byPlace = new Map(this.#others.map((each) => [this.#placeIn(each, placed), each]));
    const answers: string[] = [];
    const found = await askPlaces(byPlace.keys(), digest, take, {
      lacking: ({ name }, reason) => answers.push(answer(name, reason)),
      refused: (place, reason) => {
        answers.push(answer(place.name, reason));
        if (!byPlace.get(place)!.refused.set(digest, 1)) return;
        const chunk = `chunk ${encodeHex(digest)}`;
        this.#observer.log("warn", `${chunk}: not taken from ${answers.at(-1)}`);
      },
    });
    if (found === undefined) throw nowhere(failure, answers);
    const other = byPlace.get(found.place)!;
    this.#begins(other);
    other.used.set(digest, 1);
    return found.value;
  }

  async #file<T>(
    placed: PlacedSnapshot,
    name: string,
    failure: Error,
    take: (bytes: Uint8Array) => T | Promise<T>,
  ): Promise<T> {
    const answers: string[] = [];
    for (const other of this.#others) {
      let hasCopy = false;
      for await (const opened of other.repository.copiesOf(placed)) {
        await using copy = opened;
        hasCopy = true;
        try {
          const value = await take(await copy.source.readFile(name));
          this.#begins(other);
          other.files++;
          return value;
        } catch (error) {
          const isOfFile = DamagedChunkError.isCause(error) || error instanceof ConnectionError;
          if (!isOfFile) throw error;
          answers.push(answer(copy.name, error));
          this.#observer.log("warn", `${name}: not taken from ${answers.at(-1)}`);
        }
      }
      if (!hasCopy) answers.push(`${other.repository.name} (it has no snapshot of that name)`);
    }
    throw nowhere(failure, answers);
  }

  #placeIn({ repository, groups }: Other, placed: PlacedSnapshot): ChunkPlace {
    if (repository.chunks !== undefined) return repository.chunks;
    const key = `${placed.namespace}\0${formatGroupPath(placed.snapshot)}`;
    let group = groups.get(key);
    if (group === undefined) groups.set(key, group = new GroupChunks(repository, placed));
    return group.near(placed.snapshot);
  }

  #begins({ repository: { name }, used, files }: Other): void {
    if (used.count + files === 0) this.#observer.begins?.(name);
  }

  /** Closes what is open of the others. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { groups } of this.#others) {
      for (const group of groups.values()) await group[Symbol.asyncDispose]();
    }
  }
}

function answer(name: string, reason: Error): string {
  return `${name} (${describeError(reason)[0]})`;
}

/** The failure of the first place, with all others that were asked in vain. */
function nowhere(failure: Error, answers: readonly string[]): Error {
  const Kind = failure instanceof NotFoundError ? NotFoundError : CorruptDataError;
  const message = `${failure.message}; no good one is in ${answers.join(", nor in ")}`;
  const situation = failure instanceof PbsError ? failure.situation : undefined;
  return new Kind(message, { situation, cause: failure.cause });
}
