/**
 * Requests that were made and bytes of their bodies. A request counts once, however often it was
 * repeated and whatever came of it (spec: s3-datastore.md §2.2).
 */
export interface RequestCounts {
  readonly get: number;
  readonly put: number;
  readonly post: number;
  readonly head: number;
  readonly delete: number;
  /** Bytes. */
  readonly uploaded: number;
  /** Bytes. */
  readonly downloaded: number;
}

/** Sums of some counts. */
export function addRequestCounts(...all: readonly RequestCounts[]): RequestCounts {
  const sum = { get: 0, put: 0, post: 0, head: 0, delete: 0, uploaded: 0, downloaded: 0 };
  for (const counts of all) {
    for (const name of Object.keys(sum) as (keyof RequestCounts)[]) sum[name] += counts[name];
  }
  return sum;
}
