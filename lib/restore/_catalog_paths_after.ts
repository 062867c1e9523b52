import { bytesEqual } from "../bytes/mod.ts";
import { type CatalogEntry, CatalogReader } from "../catalog/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type { RandomAccess } from "../pxar/mod.ts";
import { joinNames } from "./_join_names.ts";

/** Entries of a catalog that are looked at in all, whatever is lost. */
const MAX_ENTRIES = 4_000_000;

/**
 * The paths of an archive's entries that follow one of them, in the order of the archive, without leading
 * slash.
 *
 * @param archive Server name of the archive.
 * @param last Path of the entry; empty for the root.
 * @throws {CorruptDataError} if the catalog is damaged, or does not know the entry.
 */
export async function* catalogPathsAfter(
  access: RandomAccess,
  archive: string,
  last: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const reader = await CatalogReader.open(access);
  const root = await reader.lookup(new TextEncoder().encode(archive));
  if (root?.type !== "d") throw new CorruptDataError("catalog: it does not know the archive");
  const open: { path: Uint8Array; entries: AsyncGenerator<CatalogEntry> }[] = [
    { path: new Uint8Array(), entries: reader.entries(root) },
  ];
  let [isBehind, seen] = [last.length === 0, 0];
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    const { done, value: entry } = await level.entries.next();
    if (done) {
      open.pop();
      continue;
    }
    if (++seen > MAX_ENTRIES) throw new CorruptDataError("catalog: it is too large");
    const name = entry.name.slice();
    const path = level.path.length === 0 ? name : joinNames([level.path, name]);
    if (isBehind) yield path;
    const leadsThere = isBehind || isStartOf(path, last);
    if (bytesEqual(path, last)) isBehind = true;
    if (entry.type === "d" && leadsThere) open.push({ path, entries: reader.entries(entry) });
  }
  if (!isBehind) throw new CorruptDataError("catalog: it does not know what was read last");
}

/** Whether an entry is the one of a path, or a directory above it. */
function isStartOf(path: Uint8Array, of: Uint8Array): boolean {
  if (path.length > of.length || !bytesEqual(of.subarray(0, path.length), path)) return false;
  return path.length === of.length || of[path.length] === 0x2f;
}
