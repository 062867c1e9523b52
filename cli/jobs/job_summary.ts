import type { RepositoryRecord } from "../../lib/jobs/mod.ts";

/** Facts of a run that its summary is made from. */
export interface JobSummaryFacts {
  /** Problems besides those of repositories. */
  readonly problems: readonly string[];
  readonly repositories: readonly RepositoryRecord[];
  /** Whether the job has sources. */
  readonly backsUp: boolean;
  /** Whether it maintains its repositories. */
  readonly maintains: boolean;
}

/** The line that says what was done and what went wrong. The outcome stands beside it everywhere. */
export function jobSummary(
  { problems, repositories, backsUp, maintains }: JobSummaryFacts,
): string {
  const warned = repositories.filter(({ outcome }) => outcome === "warnings");
  return [
    ...(backsUp ? [snapshotsText(repositories)] : []),
    ...(maintains ? [maintenanceText(repositories)] : []),
    ...problems,
    ...repositories.flatMap(({ name, problem }) =>
      problem === undefined ? [] : [`repository "${name}": ${problem}`]
    ),
    ...(warned.length === 0 ? [] : [`warnings in ${warned.map(({ name }) => name).join(", ")}`]),
  ].join("; ");
}

function snapshotsText(repositories: readonly RepositoryRecord[]): string {
  if (repositories.length > 0 && repositories.every(({ unchanged }) => unchanged)) {
    return "nothing has changed";
  }
  const made = repositories.flatMap(({ snapshot }) => snapshot === undefined ? [] : [snapshot]);
  return made.length === 0
    ? "no snapshot"
    : `${made.length} of ${repositories.length} snapshots (${[...new Set(made)].join(", ")})`;
}

function maintenanceText(repositories: readonly RepositoryRecord[]): string {
  const done = repositories.filter(({ maintained }) => maintained).length;
  if (done === repositories.length) return "maintained";
  return done === 0
    ? "not maintained"
    : `${done} of ${repositories.length} repositories maintained`;
}
