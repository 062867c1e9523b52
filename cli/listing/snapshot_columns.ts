import {
  formatSnapshotPath,
  MANIFEST_BLOB_NAME,
  type SnapshotInfo,
} from "../../lib/repository/mod.ts";
import { displayFileNames } from "../output/display_file_names.ts";
import { formatSize } from "../output/format_size.ts";
import { shownName } from "../output/shown_name.ts";
import type { Column } from "../output/table.ts";

const PATH: Column<SnapshotInfo> = { title: "snapshot", cell: formatSnapshotPath };

const SIZE: Column<SnapshotInfo> = {
  title: "size",
  align: "right",
  cell: ({ size }) => (size === undefined ? "" : formatSize(size)),
};

const FILES: Column<SnapshotInfo> = {
  title: "files",
  cell: ({ files }) => displayFileNames(files.map(({ filename }) => filename)),
};

/** Columns of the official client (spec: cli.md §4.4). */
export const SNAPSHOT_COLUMNS: readonly Column<SnapshotInfo>[] = [PATH, SIZE, FILES];

/** Columns with `--long`: what is cut off on a narrow terminal is what one can do without. */
export const LONG_SNAPSHOT_COLUMNS: readonly Column<SnapshotInfo>[] = [
  PATH,
  SIZE,
  {
    title: "new",
    align: "right",
    cell: ({ uploaded }) => (uploaded === undefined ? "" : formatSize(uploaded.size)),
  },
  {
    title: "verified",
    cell: ({ verification }) => verification?.state ?? "",
    color: ({ verification }) => (verification?.state === "failed" ? "red" : undefined),
  },
  { title: "protected", cell: (snapshot) => (snapshot.protected ? "yes" : "") },
  { title: "encryption", cell: encryptionOf },
  { title: "notes", cell: ({ comment }) => shownText(comment) },
  FILES,
];

/** How the contents of a snapshot are protected; empty if they are not. */
export function encryptionOf({ files }: SnapshotInfo): string {
  // The manifest is never encrypted, and a log that came later need not tell.
  const modes = new Set(
    files.filter(({ filename, cryptMode }) =>
      filename !== MANIFEST_BLOB_NAME && cryptMode !== undefined
    ).map(({ cryptMode }) => cryptMode),
  );
  if (modes.size > 1) return "mixed";
  if (modes.has("encrypt")) return "encrypted";
  return modes.has("sign-only") ? "signed" : "";
}

/** A line of notes, which others may have written, as a terminal may be shown it. */
export function shownText(text: string | undefined): string {
  return text === undefined ? "" : shownName(new TextEncoder().encode(text));
}
