import { formatGroupPath, formatSnapshotPath, type GroupInfo } from "../../lib/repository/mod.ts";
import type { Color } from "../output/color.ts";
import { displayFileNames } from "../output/display_file_names.ts";
import { formatAge } from "../output/format_age.ts";
import type { Column } from "../output/table.ts";
import { shownText } from "./snapshot_columns.ts";

const DAY = 86_400;
/** Ages, seconds, from which a group's newest snapshot is shown in color: a nightly run was missed. */
const OLD = 2 * DAY;
const VERY_OLD = 7 * DAY;

const PATH: Column<GroupInfo> = { title: "group", cell: formatGroupPath };

const LAST: Column<GroupInfo> = {
  title: "last snapshot",
  cell: (group) => formatSnapshotPath({ ...group, time: group.lastBackup }),
};

const COUNT: Column<GroupInfo> = {
  title: "backup-count",
  align: "right",
  cell: (group) => String(group.backupCount),
};

const FILES: Column<GroupInfo> = { title: "files", cell: ({ files }) => displayFileNames(files) };

/** Columns of the official client (spec: cli.md §4.3). */
export const GROUP_COLUMNS: readonly Column<GroupInfo>[] = [PATH, LAST, COUNT, FILES];

/**
 * Columns with `--long`.
 *
 * @param now Seconds since the epoch.
 */
export function longGroupColumns(now: number): readonly Column<GroupInfo>[] {
  return [
    PATH,
    {
      title: "age",
      align: "right",
      cell: (group) => {
        const age = ageOf(group, now);
        return age === undefined ? "" : formatAge(age);
      },
      color: (group) => colorOf(ageOf(group, now)),
    },
    LAST,
    COUNT,
    { title: "owner", cell: ({ owner }) => owner ?? "" },
    { title: "notes", cell: ({ comment }) => shownText(comment) },
    FILES,
  ];
}

/** Age of the newest snapshot, seconds; undefined if there is no finished one. */
export function ageOf({ lastBackup }: GroupInfo, now: number): number | undefined {
  return lastBackup === 0 ? undefined : now - lastBackup;
}

function colorOf(age: number | undefined): Color | undefined {
  if (age === undefined || age >= VERY_OLD) return "red";
  return age >= OLD ? "yellow" : undefined;
}
