import type { MaintenanceReport, StepReport } from "../../../lib/maintenance/mod.ts";
import { formatDuration } from "../format_duration.ts";
import { formatSize } from "../format_size.ts";

/**
 * A report of `maintain` as text.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const text = describeMaintenance({
 *   state: "ok",
 *   complete: false,
 *   steps: [{ step: "verify", state: "interrupted", left: "2 of 5 snapshots", figures: { due: 5 } }],
 *   badChunks: [],
 *   badSnapshots: [],
 *   startedAt: 0,
 *   endedAt: 90,
 * });
 * assertEquals(
 *   text,
 *   "verify: interrupted; due 5; left for the next run: 2 of 5 snapshots\n" +
 *     "Maintenance: ok, not complete, 1m 30s\n",
 * );
 * ```
 */
export function describeMaintenance(report: MaintenanceReport): string {
  const { state, complete, steps, badChunks, badSnapshots, startedAt, endedAt } = report;
  const lines = steps.map(describeStep);
  for (const { digest, problem, snapshots } of badChunks) {
    lines.push(`bad chunk ${digest}: ${problem}`);
    for (const snapshot of snapshots) lines.push(`  needed by ${snapshot}`);
  }
  for (const { snapshot, problems } of badSnapshots) {
    lines.push(`bad snapshot ${snapshot}`, ...problems.map((problem) => `  ${problem}`));
  }
  const duration = formatDuration(endedAt - startedAt);
  lines.push(`Maintenance: ${state}, ${complete ? "complete" : "not complete"}, ${duration}`);
  return lines.map((line) => `${line}\n`).join("");
}

function describeStep({ step, state, message, left, figures }: StepReport): string {
  const parts = [`${step}: ${state}`];
  if (message !== undefined) parts.push(message);
  const shown = Object.entries(figures).map(([name, value]) => {
    const isSize = name.endsWith("bytes");
    const label = name.replace(/-bytes$/, "").replaceAll("-", " ");
    return `${label} ${isSize ? formatSize(value) : value}`;
  });
  if (shown.length > 0) parts.push(shown.join(", "));
  if (left !== undefined) parts.push(`left for the next run: ${left}`);
  return parts.join("; ");
}
