import { parseCalendarEvent } from "../../calendar/mod.ts";
import { addRequestCounts, type RequestCounts } from "../../s3/mod.ts";
import { readFileIfThere, withFolderLock, writePrivateFile } from "../files/mod.ts";

const FOLDER_MODE = 0o700;
const NAMES = ["get", "put", "post", "head", "delete", "uploaded", "downloaded"] as const;

/** Counts of nothing. */
export const NO_REQUESTS: RequestCounts = addRequestCounts();

/** A datastore whose requests are counted. */
export interface CountedStore {
  /** Name of the S3 endpoint. */
  readonly client: string;
  readonly bucket: string;
  readonly store: string;
}

/** Counts since a moment. */
export interface CountedRequests {
  readonly counts: RequestCounts;
  /** Seconds since the epoch. */
  readonly since: number;
}

/** The requests of datastores in buckets, a file each, whichever process made them. */
export class RequestStatistics {
  readonly #folder: string;
  readonly #now: () => number;

  /**
   * @param serverFolder Folder of a server; the files are in one of their own in it.
   * @param now Clock, seconds since the epoch.
   */
  constructor(serverFolder: string, now: () => number = () => Math.floor(Date.now() / 1000)) {
    this.#folder = `${serverFolder}/s3-statistics`;
    this.#now = now;
  }

  /** Counts of a datastore; none if nobody has counted, or the file cannot be read. */
  async read(counted: CountedStore): Promise<CountedRequests> {
    const text = await readFileIfThere(this.#path(counted)).catch(() => undefined);
    return parseCountedRequests(text ?? "") ?? { counts: NO_REQUESTS, since: this.#now() };
  }

  /**
   * Adds what was counted since the last time.
   *
   * @param resetSchedule Calendar event by which everything is counted anew.
   * @returns The sums.
   * @throws {SystemError} if they cannot be written.
   */
  async add(
    counted: CountedStore,
    more: RequestCounts,
    resetSchedule?: string,
  ): Promise<CountedRequests> {
    return await this.#change(counted, ({ counts, since }) => {
      const isDue = resetSchedule !== undefined && this.#isDue(resetSchedule, since);
      return isDue
        ? { counts: more, since: this.#now() }
        : { counts: addRequestCounts(counts, more), since };
    });
  }

  /** Counts anew. @throws {SystemError} if that cannot be written. */
  async reset(counted: CountedStore): Promise<void> {
    await this.#change(counted, () => ({ counts: NO_REQUESTS, since: this.#now() }));
  }

  /** Forgets a datastore. */
  async remove(counted: CountedStore): Promise<void> {
    await Deno.remove(this.#path(counted)).catch(() => {});
  }

  #isDue(schedule: string, since: number): boolean {
    const next = parseCalendarEvent(schedule).next(Math.min(since, this.#now()));
    return next !== undefined && next <= this.#now();
  }

  async #change(
    counted: CountedStore,
    change: (before: CountedRequests) => CountedRequests,
  ): Promise<CountedRequests> {
    await Deno.mkdir(this.#folder, { recursive: true, mode: FOLDER_MODE });
    return await withFolderLock(this.#folder, async () => {
      const before = await this.read(counted);
      const after = change(before);
      const text = JSON.stringify({ since: after.since, ...after.counts });
      await writePrivateFile(this.#path(counted), `${text}\n`);
      return after;
    });
  }

  #path({ client, bucket, store }: CountedStore): string {
    return `${this.#folder}/${client}-${bucket}-${store}.json`;
  }
}

/** Reads the text of a file of counts; undefined if it is none. */
export function parseCountedRequests(text: string): CountedRequests | undefined {
  let value: Record<string, unknown>;
  try {
    value = Object(JSON.parse(text));
  } catch {
    return undefined;
  }
  const { since } = value;
  if (!Number.isSafeInteger(since)) return undefined;
  if (NAMES.some((name) => !Number.isSafeInteger(value[name]))) return undefined;
  const counts = Object.fromEntries(NAMES.map((name) => [name, value[name]]));
  return { since: since as number, counts: counts as unknown as RequestCounts };
}
