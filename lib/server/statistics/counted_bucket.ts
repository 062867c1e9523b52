import { type BucketOptions, openBucket, type RequestCounts, type S3Bucket } from "../../s3/mod.ts";
import { type CountedStore, NO_REQUESTS, type RequestStatistics } from "./request_statistics.ts";

/** An open bucket whose requests are counted for a datastore. */
export class CountedBucket implements AsyncDisposable {
  readonly objects: S3Bucket;
  readonly #counted: CountedStore;
  readonly #resetSchedule: string | undefined;
  #last: RequestCounts = NO_REQUESTS;

  /**
   * @param options Say how the bucket is reached.
   * @param counted Whose requests they are.
   * @param resetSchedule Calendar event by which everything is counted anew.
   */
  constructor(options: BucketOptions, counted: CountedStore, resetSchedule?: string) {
    this.objects = openBucket(options);
    this.#counted = counted;
    this.#resetSchedule = resetSchedule;
  }

  /** Adds the requests since the last time. @throws {SystemError} if they cannot be written. */
  async count(statistics: RequestStatistics): Promise<void> {
    const { counts } = this.objects;
    const [last, now] = [this.#last, { ...counts }];
    const names = Object.keys(NO_REQUESTS) as (keyof RequestCounts)[];
    const more = Object.fromEntries(names.map((name) => [name, now[name] - last[name]]));
    if (this.#resetSchedule === undefined && names.every((name) => more[name] === 0)) return;
    // Before anything is waited for: who counts at the same time must not count them again.
    this.#last = now;
    await statistics.add(this.#counted, more as unknown as RequestCounts, this.#resetSchedule);
  }

  /** Closes the connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.objects[Symbol.asyncDispose]();
  }
}
