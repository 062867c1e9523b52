import { parseCalendarEvent } from "../../lib/calendar/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import type { Fault } from "./fault.ts";
import type { ResolvedJob } from "./resolve_jobs.ts";

/** Checks that a job's schedule is a calendar event. */
export function checkSchedule(
  { name, table }: ResolvedJob,
  onFault: (fault: Fault) => void,
): void {
  const node = table.entries.get("schedule");
  if (node?.kind !== "scalar" || typeof node.value !== "string") return;
  try {
    parseCalendarEvent(node.value);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    onFault({ line: node.line, key: `jobs.${name}.schedule`, reason: error.message });
  }
}
