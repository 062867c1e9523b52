import { REFERENCE_SPEEDS } from "../../lib/benchmark/mod.ts";
import type { MeasuredTransfer } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { fractional } from "../output/fractional.ts";
import { printTable } from "../output/print_result.ts";
import { renderTable, type TableStyle } from "../output/table.ts";

/** Rows of the official client, in their order, with their titles (spec: cli.md §4.13). */
const OFFICIAL_ROWS = {
  tls: "TLS (maximal backup upload speed)",
  sha256: "SHA256 checksum computation speed",
  compress: "ZStd level 1 compression speed",
  decompress: "ZStd level 1 decompression speed",
  verify: "Chunk verification speed",
  aes256_gcm: "AES256 GCM encryption speed",
} as const;

/** Rows that only ours has, in a table of their own: nothing there to compare them with. */
export const OWN_ROWS = {
  chunker: "Rolling hash, one processor",
  pipeline_known: "Backup of data that is stored already",
  pipeline_new: "Backup of new data",
  pipeline_encrypted: "Backup of new data, encrypted",
  restore: "Restore: decoding and verifying",
  storage_write: "Datastore, writing chunks to disk",
  storage_read: "Datastore, reading them again",
} as const;

/** A row, by its name in JSON. */
export type BenchmarkRow = keyof typeof OFFICIAL_ROWS | keyof typeof OWN_ROWS;

const NOT_TESTED = "not tested";

/** Prints what was measured: the official rows, and ours behind them (spec: cli.md §4.13). */
export function printBenchmark(
  values: CommandValues,
  context: CommandContext,
  rows: ReadonlyMap<BenchmarkRow, MeasuredTransfer>,
): void {
  const official = Object.entries(OFFICIAL_ROWS) as [keyof typeof OFFICIAL_ROWS, string][];
  const own = Object.entries(OWN_ROWS) as [keyof typeof OWN_ROWS, string][];
  printTable(values, context, {
    json: {
      ...Object.fromEntries(official.map(([name]) => [name, {
        ...speedMember(rows.get(name)),
        top: fractional(REFERENCE_SPEEDS[name]),
      }])),
      // What was not measured is left out: scripts look for the six of the official client.
      ...Object.fromEntries(
        own.filter(([name]) => rows.has(name)).map(([name]) => [name, speedMember(rows.get(name))]),
      ),
    },
    text: (style) =>
      table(
        official.map((
          [name, title],
        ) => [title, withPercent(rows.get(name), REFERENCE_SPEEDS[name])]),
        style,
      ) +
      table(
        own.filter(([name]) => rows.has(name))
          .map(([name, title]) => [title, megabytes(rows.get(name)!)]),
        style,
      ),
  });
}

function table(rows: readonly (readonly string[])[], style: TableStyle): string {
  if (rows.length === 0) return "";
  return renderTable({ titles: ["Name", "Value"], alignments: ["left", "left"], rows }, style);
}

/** A speed as log lines and tables show it: decimal megabytes. */
export function megabytes({ bytesPerSecond }: MeasuredTransfer): string {
  return `${(bytesPerSecond / 1e6).toFixed(2)} MB/s`;
}

function withPercent(measured: MeasuredTransfer | undefined, reference: number): string {
  if (measured === undefined) return NOT_TESTED;
  const percent = (100 * measured.bytesPerSecond / reference).toFixed(0);
  return `${megabytes(measured)} (${percent}%)`;
}

function speedMember(measured: MeasuredTransfer | undefined): { readonly speed?: unknown } {
  return measured === undefined ? {} : { speed: fractional(measured.bytesPerSecond) };
}
