import type { SnapshotChange } from "../../../lib/compare/mod.ts";
import { entryToJson } from "../entry_to_json.ts";
import { pathToJson } from "../path_to_json.ts";

/** A difference as JSON shows it. Paths that are not UTF-8 are there in Base64 as well. */
export function changeToJson(change: SnapshotChange): Record<string, unknown> {
  const { archive } = change;
  if ("whole" in change) {
    const { status, sizeBefore, sizeAfter, differingBytes } = change.whole;
    return {
      archive,
      status,
      type: "archive",
      "size-before": sizeBefore,
      "size-after": sizeAfter,
      "differing-bytes": differingBytes,
    };
  }
  const { status, path, oldPath, before, after, parts, content, entriesBelow } = change.entry;
  return {
    archive,
    status,
    type: (after ?? before)!.kind,
    ...pathToJson("path", path),
    ...(oldPath === undefined ? {} : pathToJson("old-path", oldPath)),
    changes: status === "added" || status === "removed" ? undefined : parts,
    content,
    "entries-below": entriesBelow,
    before: before && entryToJson(before),
    after: after && entryToJson(after),
  };
}
