import type { SnapshotChange } from "../../../lib/compare/mod.ts";
import { countOf } from "../count_of.ts";
import { formatSize } from "../format_size.ts";

/** Totals of all differences of two snapshots. */
export class DifferenceTotals {
  added = 0;
  removed = 0;
  renamed = 0;
  changed = 0;
  /** Sizes of what was added, and what the rest has grown by. */
  bytesAdded = 0;
  bytesRemoved = 0;

  add(change: SnapshotChange): void {
    let growth: number;
    if ("whole" in change) {
      this[change.whole.status]++;
      growth = (change.whole.sizeAfter ?? 0) - (change.whole.sizeBefore ?? 0);
    } else {
      this[change.entry.status]++;
      growth = (change.entry.after?.size ?? 0) - (change.entry.before?.size ?? 0);
    }
    if (growth > 0) this.bytesAdded += growth;
    else this.bytesRemoved -= growth;
  }

  /** The last line. */
  describe(chunksRead: number): string {
    const { added, removed, renamed, changed } = this;
    if (added + removed + renamed + changed === 0) {
      return `Summary: no differences (${countOf(chunksRead, "chunk")} read)`;
    }
    return `Summary: ${added} added, ${removed} removed, ${renamed} renamed, ${changed} changed; ` +
      `+${formatSize(this.bytesAdded)} -${formatSize(this.bytesRemoved)} ` +
      `(${countOf(chunksRead, "chunk")} read)`;
  }

  toJson(chunksRead: number): Record<string, number> {
    return {
      added: this.added,
      removed: this.removed,
      renamed: this.renamed,
      changed: this.changed,
      "bytes-added": this.bytesAdded,
      "bytes-removed": this.bytesRemoved,
      "chunks-read": chunksRead,
    };
  }
}
