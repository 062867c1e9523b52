import { collectGarbage } from "../../datastore/mod.ts";
import { ConflictError, describeError } from "../../errors/mod.ts";
import {
  JOB_KINDS,
  jobKeepOptions,
  jobKey,
  jobPlace,
  jobSchedule,
  type JobState,
  type SectionJob,
  type ServerJob,
  type ServerJobs,
} from "../jobs/mod.ts";
import { startVerification, type VerificationHost } from "../state/mod.ts";
import type { StartedTask, TaskEnd } from "../tasks/mod.ts";
import { formatKeepOptions } from "./format_keep_options.ts";
import { pruneNamespaces } from "./prune_namespaces.ts";

/** A server, or what stands in for one, as far as jobs need it. */
export interface JobHost extends VerificationHost {
  readonly jobs: ServerJobs;
}

/** Who starts a job, and why. */
export interface JobStart {
  readonly authId: string;
  /** First line of the log, if nobody asked for the run. */
  readonly introduction?: string | undefined;
}

/** Type of the tasks that collect garbage. */
export const COLLECTION_TYPE = "garbage_collection";

/**
 * Starts a job as a task. How it ends becomes its state; so does a start that fails.
 *
 * @returns The task; its end is told when the state is kept.
 * @throws {ConflictError} if it is running, here or in another process.
 * @throws {PbsError} if it cannot be started.
 */
export async function startJob(
  host: JobHost,
  job: ServerJob,
  start: JobStart,
): Promise<StartedTask> {
  const { states } = host.jobs;
  const key = jobKey(job);
  const lock = states.lock(key);
  if (lock === undefined) throw new ConflictError(`the job '${job.id}' is already running`);
  const begun: JobState = { since: host.jobs.now(), schedule: jobSchedule(job) };
  let started: StartedTask;
  try {
    started = startTask(host, job, start);
  } catch (error) {
    using _lock = lock;
    const status = describeError(error).join(": ");
    await states.write(key, { ...begun, endTime: begun.since, status });
    throw error;
  }
  const { task } = started;
  const running = { ...begun, upid: task.id };
  const keep = (state: JobState) =>
    states.write(key, state).catch((error) => {
      task.log(`WARN: the state of the job is not recorded: ${describeError(error)}`, true);
    });
  const written = keep(running);
  const ended = started.ended.then(async (end: TaskEnd) => {
    using _lock = lock;
    await written;
    await keep({ ...running, endTime: host.jobs.now(), status: end.status });
    return end;
  });
  host.jobs.follow(ended);
  await written;
  return { task, ended };
}

function startTask(host: JobHost, job: ServerJob, start: JobStart): StartedTask {
  switch (job.kind) {
    case "gc":
      return startCollection(host, job.id, start);
    case "prune":
      return startPrune(host, job, start);
    case "verify":
      return startVerify(host, job, start);
  }
}

function startCollection(
  host: JobHost,
  store: string,
  { authId, introduction }: JobStart,
): StartedTask {
  const { datastore } = host.datastore(store, "write");
  return host.tasks.start(
    { workerType: COLLECTION_TYPE, workerId: store, authId, needsNoLog: true },
    async ({ id, log, signal }) => {
      if (introduction !== undefined) log(introduction);
      await collectGarbage(datastore, { upid: id, log, signal });
    },
  );
}

function startPrune(
  host: JobHost,
  job: SectionJob,
  { authId, introduction }: JobStart,
): StartedTask {
  const { store, namespace } = jobPlace(job);
  const { datastore } = host.datastore(store, "write");
  const keep = jobKeepOptions(job);
  return host.tasks.start({
    workerType: JOB_KINDS.prune.workerType,
    workerId: namespace === "" ? store : `${store}:${namespace}`,
    authId,
    needsNoLog: true,
  }, async (task) => {
    if (introduction !== undefined) task.log(introduction);
    task.log(`starting prune job '${job.id}' on datastore '${store}'`);
    if (Object.keys(keep).length === 0) return task.log("no retention options: everything is kept");
    task.log(`retention options: ${formatKeepOptions(keep)}`);
    const maxDepth = job.properties["max-depth"] as number | undefined;
    await pruneNamespaces(datastore, { namespace, maxDepth, keep }, task);
  });
}

function startVerify(
  host: JobHost,
  job: SectionJob,
  { authId, introduction }: JobStart,
): StartedTask {
  const { id, properties } = job;
  const { store, namespace } = jobPlace(job);
  const outdatedAfterDays = properties["outdated-after"] as number | undefined;
  return startVerification(host, authId, store, {
    namespace,
    ignoreVerified: properties["ignore-verified"] !== false,
    ...outdatedAfterDays === undefined ? {} : { outdatedAfterDays },
  }, {
    named: { workerType: JOB_KINDS.verify.workerType, workerId: `${store}:${id}` },
    maxDepth: properties["max-depth"] as number | undefined,
    introduction,
  });
}
