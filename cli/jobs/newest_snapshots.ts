import { setTimeout as delay } from "node:timers/promises";
import { describeError, PbsError } from "../../lib/errors/mod.ts";
import { formatGroupPath, parseRepository } from "../../lib/repository/mod.ts";
import type { CommandContext } from "../command_context.ts";
import type { JobEntry, RepositoryEntry } from "../configuration/jobs_file.ts";
import { Output } from "../output/output.ts";
import { jobGroup } from "./job_commands.ts";
import { jobCommandEnvironment, jobVariables } from "./job_variables.ts";

/** How long a repository may take to answer. */
const LIMIT_MS = 20_000;

/** The newest snapshot of a job in one of its repositories. */
export interface NewestSnapshot {
  readonly repository: string;
  /** Seconds since 1970; absent if there is none. */
  readonly time?: number | undefined;
  /** Why that is not known. */
  readonly problem?: string | undefined;
}

/**
 * Asks all repositories of a job at the same time; nobody is asked for a password. A job without
 * sources has no snapshots.
 */
export async function newestSnapshots(
  job: JobEntry,
  context: CommandContext,
): Promise<NewestSnapshot[]> {
  if (job.keys.texts("sources").length === 0) return [];
  return await Promise.all(job.repositories.map(async (repository) => {
    const timer = new AbortController();
    const late = delay(LIMIT_MS, { repository: repository.name, problem: "no answer" }, {
      signal: timer.signal,
    });
    late.catch(() => {});
    const found = await Promise.race([newest(job, repository, context), late]);
    timer.abort();
    return found;
  }));
}

async function newest(
  job: JobEntry,
  repository: RepositoryEntry,
  { environment: base, output, repositories }: CommandContext,
): Promise<NewestSnapshot> {
  const { name, keys } = repository;
  try {
    const environment = jobCommandEnvironment(base, jobVariables(job, repository));
    const own = new Output(environment, output.messages, output.messages);
    own.verbosity = "quiet";
    await using opened = await repositories.open(parseRepository(keys.text("repository")!), {
      environment,
      output: own,
      mayAsk: false,
    });
    const groups = await opened.listGroups(keys.text("namespace") ?? "");
    const group = groups.find((each) => formatGroupPath(each) === jobGroup(job));
    return { repository: name, time: group?.lastBackup };
  } catch (error) {
    if (!(error instanceof PbsError)) throw error;
    return { repository: name, problem: describeError(error).join(": ") };
  }
}
