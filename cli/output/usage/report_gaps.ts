import { countOf } from "../count_of.ts";
import type { Output } from "../output.ts";

/** Reasons why the sums of a measurement are not the whole truth. */
export interface UsageGaps {
  /** Whether it was asked what is stored, and could not be told. */
  readonly isStoredMissed: boolean;
  /** Requests that it took to know what is stored. */
  readonly listRequests: number;
  readonly missingChunks: number;
  readonly unreadSnapshots: number;
}

/** Says what could not be told, and what the rest has cost. */
export function reportGaps(output: Output, gaps: UsageGaps): void {
  if (gaps.listRequests > 0) {
    output.log(
      "info",
      `What is stored was found out by ${countOf(gaps.listRequests, "request")} that list the ` +
        "chunks of the bucket; --stored-sizes false does without",
    );
  }
  if (gaps.isStoredMissed) {
    output.log(
      "info",
      "A server does not tell what single chunks take: all sizes are those before compression",
    );
  }
  if (gaps.missingChunks > 0) {
    output.log(
      "warn",
      `${countOf(gaps.missingChunks, "chunk")} missing in the datastore, see 'datastore verify': ` +
        "what is stored counts only those that are there",
    );
  }
  if (gaps.unreadSnapshots > 0) {
    output.log(
      "warn",
      `${countOf(gaps.unreadSnapshots, "snapshot")} could not be read, as others use them or ` +
        "rights are missing: what is unique may be less",
    );
  }
}
