import { BACKUP_KEYS, KEEP_KEYS, MAINTAIN_KEYS, SHARED_KEYS } from "../configuration/job_keys.ts";
import type { JobEntry, KeyValue, KeyValues, RepositoryEntry } from "../configuration/jobs_file.ts";
import type { Parameter } from "../command.ts";
import type { JobVariable } from "./job_variables.ts";
import { jobVariables } from "./job_variables.ts";

/** A command line that a job stands for. */
export interface JobCommand {
  readonly repository: RepositoryEntry;
  readonly words: readonly string[];
  /** Variables that lead to secrets, and a fingerprint. */
  readonly variables: readonly JobVariable[];
}

/** Command lines of a job for one repository. */
export interface RepositoryCommands {
  readonly repository: RepositoryEntry;
  /** Absent if the job has no sources. */
  readonly backup?: JobCommand;
  /** Absent if all snapshots of the job are kept. */
  readonly prune?: JobCommand;
  /** Absent if the job does not maintain its repositories. */
  readonly maintain?: JobCommand;
}

/** Command lines for one repository, in the order in which they are run. */
export function inOrder({ backup, prune, maintain }: RepositoryCommands): JobCommand[] {
  return [backup, prune, maintain].filter((command) => command !== undefined);
}

/** The command lines that a job stands for, by repository. */
export function jobCommands(job: JobEntry): RepositoryCommands[] {
  return job.repositories.map((repository) => {
    const variables = jobVariables(job, repository);
    const target = [
      ...option("repository", repository.keys.text("repository")),
      ...option("ns", repository.keys.text("namespace")),
    ];
    const commandOf = (words: string[]): JobCommand => ({ repository, words, variables });
    const maintain = job.maintain === undefined
      ? {}
      : { maintain: commandOf(["maintain", ...target, ...maintainOptions(job.maintain)]) };
    const sources = job.keys.texts("sources");
    if (sources.length === 0) return { repository, ...maintain };
    // A name of an archive may look like an option.
    const first = sources.some((word) => word.startsWith("-")) ? ["--"] : [];
    const options = [
      ...target,
      ...optionsOf(BACKUP_KEYS, (name) => valueOf(name, job, repository)),
    ];
    const backup = first.length === 0
      ? ["backup", ...sources, ...options]
      : ["backup", ...options, ...first, ...sources];
    const keep = optionsOf(KEEP_KEYS, (name) => job.keys.get(name));
    const shared = BACKUP_KEYS.filter(({ name }) => SHARED_KEYS.includes(name));
    const prune = [
      "prune",
      jobGroup(job),
      ...target,
      ...keep,
      ...optionsOf(shared, (name) => job.keys.get(name)),
    ];
    return {
      repository,
      backup: commandOf(backup),
      ...(keep.length === 0 ? {} : { prune: commandOf(prune) }),
      ...maintain,
    };
  });
}

/** Options of a maintenance; it tells what was said from what is so anyway. */
function maintainOptions(keys: KeyValues): string[] {
  return MAINTAIN_KEYS.flatMap((parameter) => {
    const value = keys.get(parameter.name);
    if (typeof value === "boolean") return [`--${parameter.name}=${value}`];
    return optionsOf([parameter], () => value);
  });
}

/** The group that a job's snapshots belong to, as `host/name`. */
export function jobGroup({ keys }: JobEntry): string {
  const id = keys.text("backup-id") ?? Deno.hostname().split(".")[0]!;
  return `${keys.text("backup-type") ?? "host"}/${id}`;
}

/** A key of the job, else of the repository, which has some of the same. */
function valueOf(name: string, job: JobEntry, repository: RepositoryEntry): KeyValue | undefined {
  return job.keys.get(name) ?? repository.keys.get(name);
}

function optionsOf(
  parameters: readonly Parameter[],
  get: (name: string) => KeyValue | undefined,
): string[] {
  return parameters.flatMap(({ name, default: declared }) => {
    const value = get(name);
    if (typeof value === "boolean") {
      if (value === (declared ?? false)) return [];
      return [value ? `--${name}` : `--${name}=false`];
    }
    const values = typeof value === "object" ? value : [value];
    return values.flatMap((each) => option(name, each));
  });
}

function option(name: string, value: string | number | undefined): string[] {
  if (value === undefined) return [];
  const text = String(value);
  // As a word of its own it would be taken for an option, or for no value.
  return text.startsWith("-") || text === "" ? [`--${name}=${text}`] : [`--${name}`, text];
}
