import type { MaintenancePlan, MaintenanceReport } from "../../../lib/maintenance/mod.ts";

/** A report of `maintain` as JSON. */
export function maintenanceToJson(
  report: MaintenanceReport,
  repository: string,
  { namespace, dryRun }: MaintenancePlan,
): Record<string, unknown> {
  return {
    repository,
    ns: namespace === "" ? undefined : namespace,
    "dry-run": dryRun,
    state: report.state,
    complete: report.complete,
    "start-time": report.startedAt,
    duration: report.endedAt - report.startedAt,
    steps: report.steps.map(({ step, state, message, left, figures, removed }) => ({
      step,
      state,
      message,
      left,
      ...figures,
      "removed-snapshots": removed,
    })),
    "bad-chunks": report.badChunks,
    "bad-snapshots": report.badSnapshots,
  };
}
