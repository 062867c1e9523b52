import { sampleText } from "../metrics/mod.ts";

/** The numbers of a subject in a text file of metrics. */
export interface MetricSubject {
  readonly labels: Readonly<Record<string, string>>;
  /** By the names of families. */
  readonly values: Map<string, number>;
}

/**
 * Reads the subjects in a file that was written here; anything else in it is dropped.
 *
 * @returns The subjects by {@linkcode metricSubjectKey}.
 */
export function readMetricSubjects(text: string): Map<string, MetricSubject> {
  const subjects = new Map<string, MetricSubject>();
  for (const line of text.split("\n")) {
    const match = /^(pbs_client_\w+)\{what="(\w+)",name="((?:[^"\\]|\\.)*)"\} ([0-9.]+)$/.exec(
      line,
    );
    if (match === null) continue;
    const name = match[3]!.replaceAll(/\\(.)/g, (_, sign: string) => sign === "n" ? "\n" : sign);
    const labels = { what: match[2]!, name };
    const key = metricSubjectKey(labels);
    const subject = subjects.get(key) ?? { labels, values: new Map<string, number>() };
    subject.values.set(match[1]!, Number(match[4]));
    subjects.set(key, subject);
  }
  return subjects;
}

/** The key of a subject: equal for equal labels. */
export function metricSubjectKey(labels: Readonly<Record<string, string>>): string {
  return sampleText("", labels, 0);
}
