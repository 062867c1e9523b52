import { statPath } from "../../ffi/posix_files.ts";
import { CorruptDataError, NotFoundError } from "../errors/mod.ts";
import type { Datastore } from "./datastore.ts";
import {
  CHUNK_FOLDER_COUNT,
  CHUNKS_FOLDER,
  GC_PROGRESS_FILE,
  MAINTENANCE_FOLDER,
} from "./format.ts";
import { type GcCounters, isGcCounters } from "./gc_status.ts";
import { joinPath } from "./layout.ts";

/** How far a garbage collection that was interrupted has come. */
export interface GcProgress {
  /** Its beginning by the clock of the store, seconds since the epoch, as all times here. */
  readonly start: number;
  /** The same clock when this was written. */
  readonly last: number;
  /** Chunks last used before this time are removed. */
  readonly remove: number;
  /** Chunks last used before this time, but not before `remove`, are pending. */
  readonly pending: number;
  readonly counters: GcCounters;
  /** Stamps of the indexes whose chunks were marked since the beginning, by path. */
  readonly marked: ReadonlyMap<string, string>;
  /** Indexes that there were. */
  readonly total: number;
  /** The first chunk folder that was not swept; undefined while indexes are marked. */
  readonly folder?: number | undefined;
}

const PATH = joinPath(MAINTENANCE_FOLDER, GC_PROGRESS_FILE);
const VERSION = 1;

/**
 * The file with the progress of a garbage collection. What it says of marked chunks is on disk before
 * it is: a machine that loses its power must not leave it with marks that are lost.
 */
export class GcProgressFile {
  readonly #datastore: Datastore;

  constructor(datastore: Datastore) {
    this.#datastore = datastore;
  }

  /** Progress that is recorded, unless it is damaged or of no use. */
  async read(): Promise<GcProgress | undefined> {
    if (!this.#isSafe()) return undefined;
    try {
      const bytes = await this.#datastore.files.read(PATH);
      return parseGcProgress(new TextDecoder().decode(bytes));
    } catch (error) {
      if (error instanceof NotFoundError || error instanceof CorruptDataError) return undefined;
      throw error;
    }
  }

  /** Records it, after the marks it tells of. */
  async write(progress: GcProgress): Promise<void> {
    if (!this.#isSafe()) return;
    const { files } = this.#datastore;
    await files.makeFolder(MAINTENANCE_FOLDER);
    using watch = files.watchWrites();
    await watch.sync();
    await files.replaceDurably(PATH, new TextEncoder().encode(formatGcProgress(progress)));
  }

  /** Forgets it. */
  async remove(): Promise<void> {
    await this.#datastore.files.removeFile(PATH);
  }

  /** Whether one sync reaches both this file and the marks. */
  #isSafe(): boolean {
    const { path } = this.#datastore;
    const [root, chunks] = [statPath(path), statPath(`${path}/${CHUNKS_FOLDER}`)];
    return typeof root !== "number" && typeof chunks !== "number" && root.device === chunks.device;
  }
}

/** Text of the file. */
export function formatGcProgress({ marked, ...progress }: GcProgress): string {
  return JSON.stringify({ version: VERSION, ...progress, marked: [...marked] });
}

/** Reads the text of the file. @throws {CorruptDataError} if it is none, or of another version. */
export function parseGcProgress(text: string): GcProgress {
  let value: Record<string, unknown> | null;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CorruptDataError(`"${PATH}" is damaged: not valid JSON`, { cause });
  }
  const { version, start, last, remove, pending, counters, marked, total, folder } = value ?? {};
  const isTime = (time: unknown): time is number => Number.isSafeInteger(time);
  const isMarked = Array.isArray(marked) &&
    marked.every((pair) =>
      Array.isArray(pair) && pair.length === 2 && pair.every((each) => typeof each === "string")
    );
  const isFolder = folder === undefined ||
    isTime(folder) && folder >= 0 && folder <= CHUNK_FOLDER_COUNT;
  if (
    version !== VERSION || !isTime(start) || !isTime(last) || !isTime(remove) ||
    !isTime(pending) || !isTime(total) || !isGcCounters(counters) || !isMarked || !isFolder ||
    remove >= start || pending > start || last < start || total < 0
  ) throw new CorruptDataError(`"${PATH}" is damaged`);
  return {
    start,
    last,
    remove,
    pending,
    counters,
    marked: new Map(marked as [string, string][]),
    total,
    ...(folder === undefined ? {} : { folder: folder as number }),
  };
}
