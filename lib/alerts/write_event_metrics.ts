import { type MetricFamily, type MetricSample, renderMetrics } from "../metrics/mod.ts";
import type { AlertEvent, AlertFigures, AlertOutcome } from "./alert_event.ts";
import { metricSubjectKey, readMetricSubjects } from "./_metric_subjects.ts";
import { replaceFile, withFileLock } from "./_shared_file.ts";

/** The collector runs as another user. */
const PUBLIC_MODE = 0o644;
const PUBLIC_FOLDER_MODE = 0o755;
/** More lines than anybody has jobs for. */
const MAX_SUBJECTS = 1000;
const OUTCOMES: Record<AlertOutcome, number> = { ok: 0, warnings: 1, failed: 2 };
const SUCCESS = "pbs_client_last_success_timestamp_seconds";

/** A metric of a subject, and its value after an event; undefined if it stays as it was. */
interface EventMetric {
  readonly name: string;
  readonly help: string;
  readonly value: (event: AlertEvent) => number | undefined;
}

const FAMILIES: readonly EventMetric[] = [
  {
    name: "pbs_client_last_start_timestamp_seconds",
    help: "When the last run began, seconds since the epoch.",
    value: (event) => event.startedAt,
  },
  {
    name: "pbs_client_last_end_timestamp_seconds",
    help: "When the last run ended, seconds since the epoch.",
    value: (event) => event.endedAt,
  },
  {
    name: "pbs_client_last_outcome",
    help: "How the last run ended: 0 ok, 1 with warnings, 2 failed.",
    value: (event) => OUTCOMES[event.outcome],
  },
  {
    name: SUCCESS,
    help: "When the last run that did not fail ended, seconds since the epoch.",
    value: (event) => event.outcome === "failed" ? undefined : event.endedAt,
  },
  figure("size_bytes", "Size of the newest snapshot.", "sizeBytes"),
  figure("new_bytes", "Bytes of it that were new.", "newBytes"),
  figure("stored_bytes", "Bytes that these take.", "storedBytes"),
  figure("files", "Files in it.", "files"),
  figure("warnings", "Warnings of the last run that did not fail.", "warnings"),
];

function figure(suffix: string, help: string, member: keyof AlertFigures): EventMetric {
  return { name: `pbs_client_last_${suffix}`, help, value: ({ figures }) => figures?.[member] };
}

/**
 * Puts the outcome of an event into a text file of metrics, in which those of other subjects stay.
 *
 * @param path Written in one step; a collector never sees half of it.
 * @throws {SystemError} if it cannot be written.
 */
export async function writeEventMetrics(path: string, event: AlertEvent): Promise<void> {
  const slash = path.lastIndexOf("/") + 1;
  // Hidden from collectors, which read what ends with ".prom".
  const lockPath = `${path.slice(0, slash)}.${path.slice(slash)}`;
  await withFileLock(lockPath, async () => {
    const subjects = readMetricSubjects(await readIfThere(path));
    const labels = { what: event.what, name: event.name };
    const key = metricSubjectKey(labels);
    const values = subjects.get(key)?.values ?? new Map<string, number>();
    subjects.delete(key);
    for (const { name, value } of FAMILIES) {
      const number = value(event);
      if (number !== undefined) values.set(name, number);
    }
    subjects.set(key, { labels, values });
    const kept = [...subjects.values()].slice(-MAX_SUBJECTS);
    const families = FAMILIES.map(({ name, help }): MetricFamily => ({
      name,
      type: "gauge",
      help,
      samples: kept.flatMap((subject): MetricSample[] => {
        const value = subject.values.get(name);
        return value === undefined ? [] : [{ labels: subject.labels, value }];
      }),
    }));
    await replaceFile(path, renderMetrics(families, "prometheus"), PUBLIC_MODE);
  }, PUBLIC_FOLDER_MODE);
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
