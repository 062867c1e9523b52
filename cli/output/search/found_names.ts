import type { FoundName, FoundVersion } from "../../../lib/search/mod.ts";
import { formatBackupTime, formatGroupPath } from "../../../lib/repository/mod.ts";
import { formatEntryTime } from "../format_entry_time.ts";
import { formatSize } from "../format_size.ts";
import { pathToJson } from "../path_to_json.ts";
import { shownName } from "../shown_name.ts";
import { type Column, renderList, type TableStyle } from "../table.ts";

/** Words for the letters of catalogs. */
const TYPES: Readonly<Record<string, string>> = {
  d: "directory",
  f: "file",
  l: "symlink",
  h: "hardlink",
  b: "block device",
  c: "character device",
  p: "fifo",
  s: "socket",
};

/** A version of a name, as a line of the table. */
interface Row {
  readonly found: FoundName;
  readonly version: FoundVersion;
  readonly isFirst: boolean;
}

/** Names that were found, one line a version: which are equal, and in which snapshots. */
export function foundNamesToText(found: readonly FoundName[], style: TableStyle): string {
  const rows = found.flatMap((each) =>
    each.versions.map((version, i): Row => ({ found: each, version, isFirst: i === 0 }))
  );
  const hasSeveral = (key: (found: FoundName) => string) => new Set(found.map(key)).size > 1;
  const once = (title: string, text: (found: FoundName) => string): Column<Row> => ({
    title,
    cell: ({ found, isFirst }) => isFirst ? text(found) : "",
  });
  const group = (each: FoundName) => formatGroupPath(each.group);
  const slash = Uint8Array.of(0x2f);
  return renderList<Row>(
    [
      ...hasSeveral(group) ? [once("group", group)] : [],
      ...hasSeveral(({ archive }) => archive) ? [once("archive", ({ archive }) => archive)] : [],
      once("path", ({ path }) => shownName(new Uint8Array([...slash, ...path]))),
      { title: "type", cell: ({ version }) => TYPES[version.type]! },
      {
        title: "size",
        align: "right",
        cell: ({ version }) => version.type === "f" ? formatSize(version.size) : "",
      },
      {
        title: "modified",
        cell: ({ version }) => version.type === "f" ? formatEntryTime(version.mtimeSecs) : "",
      },
      {
        title: "snapshots",
        align: "right",
        cell: ({ version }) => String(version.snapshots.length),
      },
      { title: "first", cell: ({ version }) => formatBackupTime(version.snapshots[0]!) },
      { title: "last", cell: ({ version }) => formatBackupTime(version.snapshots.at(-1)!) },
    ],
    rows,
    style,
  );
}

/** The same as JSON, with all snapshots of each version. */
export function foundNameToJson(found: FoundName): Record<string, unknown> {
  const { namespace, group, archive, path, versions } = found;
  return {
    ns: namespace === "" ? undefined : namespace,
    "backup-type": group.type,
    "backup-id": group.id,
    archive,
    ...pathToJson("path", path),
    versions: versions.map(({ type, size, mtimeSecs, snapshots }) => ({
      type: TYPES[type]!.replace(" ", "-"),
      size: type === "f" ? size : undefined,
      mtime: type === "f" ? mtimeSecs : undefined,
      snapshots,
    })),
  };
}
