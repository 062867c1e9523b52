import type { SnapshotChange } from "../compare/mod.ts";
import type { PxarEntry } from "../pxar/mod.ts";

/** A file that a snapshot has and the one before it has not, or not with these contents. */
export interface NewFile {
  readonly archive: string;
  /** From the root of the archive, without a leading slash. */
  readonly path: Uint8Array;
  readonly status: "added" | "changed";
  readonly size: number;
  /** Of a file that was changed. */
  readonly sizeBefore?: number;
}

/**
 * The largest files with new contents among the differences of two snapshots, the largest first.
 * Files that were only renamed, or got other metadata, have none.
 *
 * @param count How many at most; no more are held.
 */
export async function largestNewFiles(
  changes: AsyncIterable<SnapshotChange>,
  count: number,
): Promise<NewFile[]> {
  const largest: NewFile[] = [];
  for await (const change of changes) {
    const file = newFile(change);
    if (file === undefined) continue;
    if (largest.length === count && file.size <= (largest.at(-1)?.size ?? Infinity)) continue;
    const place = largest.findIndex(({ size }) => size < file.size);
    largest.splice(place < 0 ? largest.length : place, 0, file);
    largest.length = Math.min(largest.length, count);
  }
  return largest;
}

function newFile(change: SnapshotChange): NewFile | undefined {
  if (!("entry" in change)) return undefined;
  const { archive, entry } = change;
  const { status, path, before, after, parts, content } = entry;
  if (!isFile(after)) return undefined;
  if (status === "added" || parts.includes("type")) {
    return { archive, path, status: "added", size: after.size };
  }
  const mayDiffer = content === "unknown" && parts.includes("mtime");
  if (status !== "changed" || !(parts.includes("content") || mayDiffer)) return undefined;
  const sizeBefore = isFile(before) ? { sizeBefore: before.size } : {};
  return { archive, path, status, size: after.size, ...sizeBefore };
}

function isFile(entry: PxarEntry | undefined): entry is PxarEntry {
  return entry?.kind === "file" && entry.size > 0;
}
