import type { DirectoryTotals } from "../../../lib/compare/mod.ts";
import { formatSize } from "../format_size.ts";
import { pathToJson } from "../path_to_json.ts";
import { shownPath } from "./shown_path.ts";

const TITLES = ["added", "removed", "renamed", "changed", "more", "less", "directory"];

/** A line for each directory, numbers first, as `du` shows them. */
export function describeDirectories(
  directories: readonly DirectoryTotals[],
  prefix: string,
): string {
  if (directories.length === 0) return "";
  const rows = directories.map((totals) => [
    String(totals.added),
    String(totals.removed),
    String(totals.renamed),
    String(totals.changed),
    `+${formatSize(totals.bytesAdded)}`,
    `-${formatSize(totals.bytesRemoved)}`,
    prefix + shownPath(totals.path, true),
  ]);
  const last = TITLES.length - 1;
  const widths = TITLES.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length))
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) => column === last ? cell : cell.padStart(widths[column]!)).join("  ");
  return [TITLES, ...rows].map((cells) => `${line(cells)}\n`).join("");
}

/** The same as JSON. */
export function directoriesToJson(
  directories: readonly DirectoryTotals[],
  archive: string,
): Record<string, unknown>[] {
  return directories.map((totals) => ({
    archive,
    ...pathToJson("path", totals.path),
    added: totals.added,
    removed: totals.removed,
    renamed: totals.renamed,
    changed: totals.changed,
    "bytes-added": totals.bytesAdded,
    "bytes-removed": totals.bytesRemoved,
  }));
}
