import type { ChunkSums, UsageProgress } from "../../../lib/usage/mod.ts";
import { countOf } from "../count_of.ts";
import { formatSize } from "../format_size.ts";

/** Space of chunks: their number, their bytes, and what is stored of them if that is known. */
export function describeSums({ chunks, bytes, stored }: ChunkSums): string {
  const kept = stored === undefined ? "" : `, ${formatSize(stored)} stored`;
  return `${formatSize(bytes)}${kept} (${countOf(chunks, "chunk")})`;
}

/** The same as JSON. */
export function sumsToJson({ chunks, bytes, stored }: ChunkSums): Record<string, unknown> {
  return { chunks, bytes, stored };
}

/** How many times the second number goes into the first, as `12.3`; undefined if it is 0. */
export function ratioOf(whole: number, part: number): number | undefined {
  return part > 0 ? Math.round(whole / part * 100) / 100 : undefined;
}

/** The live line while indexes are read. */
export function describeReading({ snapshotsDone, snapshotsTotal }: UsageProgress): string {
  return `reading indexes: ${snapshotsDone} of ${countOf(snapshotsTotal, "snapshot")}`;
}
