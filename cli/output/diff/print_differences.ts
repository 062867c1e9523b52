import {
  DirectorySummary,
  type SnapshotChange,
  type SnapshotComparison,
} from "../../../lib/compare/mod.ts";
import { type BackupSnapshot, formatSnapshotPath } from "../../../lib/repository/mod.ts";
import type { Output, OutputFormat } from "../output.ts";
import { JsonObjectWriter } from "../json_object_writer.ts";
import { changeToJson } from "./change_to_json.ts";
import { describeArchiveChange, describeEntryChange } from "./describe_change.ts";
import { describeDirectories, directoriesToJson } from "./directory_rows.ts";
import { DifferenceTotals } from "./difference_totals.ts";

/** How differences are printed. */
export interface PrintDifferencesOptions {
  readonly format: OutputFormat;
  readonly before: BackupSnapshot;
  readonly after: BackupSnapshot;
  /** Of the directories of a summary; absent if every change is listed. */
  readonly depth?: number;
}

/** Text is written in portions of about this many characters. */
const PORTION_LENGTH = 64 * 1024;

/** Prints what a comparison finds while it finds it; the totals go to the log. */
export async function printDifferences(
  comparison: SnapshotComparison,
  output: Output,
  options: PrintDifferencesOptions,
): Promise<void> {
  const totals = new DifferenceTotals();
  if (options.format === "text") await printText(comparison, output, options, totals);
  else await printJson(comparison, output, options, totals);
  output.log("info", totals.describe(comparison.chunksRead));
}

async function printText(
  comparison: SnapshotComparison,
  output: Output,
  { depth }: PrintDifferencesOptions,
  totals: DifferenceTotals,
): Promise<void> {
  const summaries = new Summaries(depth);
  const namesArchives = comparison.archives.length > 1;
  let portion = "";
  for await (const change of comparison.changes()) {
    totals.add(change);
    if (summaries.take(change)) continue;
    const { archive } = change;
    const line = "whole" in change
      ? describeArchiveChange(archive, change.whole)
      : describeEntryChange(change.entry, namesArchives ? archive : "");
    portion += `${line}\n`;
    if (portion.length < PORTION_LENGTH) continue;
    output.print(portion);
    portion = "";
  }
  output.print(portion);
  for (const [archive, { directories }] of summaries.byArchive) {
    output.print(describeDirectories(directories, namesArchives ? archive : ""));
  }
}

async function printJson(
  comparison: SnapshotComparison,
  output: Output,
  { format, before, after, depth }: PrintDifferencesOptions,
  totals: DifferenceTotals,
): Promise<void> {
  const summaries = new Summaries(depth);
  const writer = new JsonObjectWriter(output, format === "json-pretty");
  writer.member("archives", comparison.archives.map(({ name, status }) => ({ name, status })));
  writer.beginList("entries");
  for await (const change of comparison.changes()) {
    totals.add(change);
    if (!summaries.take(change)) writer.item(changeToJson(change));
  }
  writer.endList();
  writer.member("from", formatSnapshotPath(before));
  if (depth !== undefined) {
    writer.member(
      "directories",
      [...summaries.byArchive].flatMap(([archive, { directories }]) =>
        directoriesToJson(directories, archive)
      ),
    );
  }
  writer.member("to", formatSnapshotPath(after));
  writer.member("totals", totals.toJson(comparison.chunksRead));
  writer.end();
}

/** The summaries of all archives, if there are to be any. */
class Summaries {
  readonly byArchive = new Map<string, DirectorySummary>();

  constructor(private readonly depth: number | undefined) {}

  /** @returns Whether the change is counted, not listed. */
  take(change: SnapshotChange): boolean {
    if (this.depth === undefined || "whole" in change) return false;
    let summary = this.byArchive.get(change.archive);
    if (summary === undefined) {
      summary = new DirectorySummary(this.depth);
      this.byArchive.set(change.archive, summary);
    }
    summary.add(change.entry);
    return true;
  }
}
