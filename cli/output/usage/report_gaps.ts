import { countOf } from "../count_of.ts";
import type { Output } from "../output.ts";

/** Reasons why the sums of a measurement are not the whole truth. */
export interface UsageGaps {
  readonly isStoredKnown: boolean;
  readonly missingChunks: number;
  readonly unreadSnapshots: number;
}

/** Says what could not be told. */
export function reportGaps(output: Output, gaps: UsageGaps): void {
  if (!gaps.isStoredKnown) {
    output.log(
      "info",
      "A server or bucket does not tell what single chunks take: all sizes are those before compression",
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
