import { collectGarbage } from "../../datastore/mod.ts";
import { ConflictError, describeError } from "../../errors/mod.ts";
import {
  type CollectionJob,
  JOB_KINDS,
  jobKeepOptions,
  jobKey,
  jobPlace,
  jobSchedule,
  type JobState,
  type SectionJob,
  type ServerJob,
  syncPlaces,
  syncTaskId,
} from "../jobs/mod.ts";
import { startVerification } from "../state/mod.ts";
import type { StartedTask, TaskEnd, TaskStart } from "../tasks/mod.ts";
import type { JobHost } from "./job_host.ts";
import { synchronize } from "./synchronize.ts";
import { formatKeepOptions } from "./format_keep_options.ts";
import { pruneNamespaces } from "./prune_namespaces.ts";

/** Who starts a job, and why. */
export interface JobStart {
  readonly authId: string;
  /** First line of the log, if nobody asked for the run. */
  readonly introduction?: string | undefined;
}

/** Type of the tasks that collect garbage. */
export const COLLECTION_TYPE = "garbage_collection";

/**
 * Starts a job as a task. How it ends becomes its state. What keeps it from working, such as a datastore
 * that is not there, is the end of the task.
 *
 * @returns The task; its end is told when the state is kept.
 * @throws {ConflictError} if it is running, here or in another process.
 * @throws {PbsError} if there can be no task.
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
    started = startWork(host, job, start);
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
  const { task } = started;
  const running = { ...begun, upid: task.id };
  const keep = (state: JobState) =>
    states.write(key, state).catch((error) => {
      // Without a schedule nothing depends on it.
      const isProblem = begun.schedule !== undefined;
      task.log(`WARN: the state of the job is not recorded: ${describeError(error)[0]}`, isProblem);
    });
  const written = keep(running);
  const ended = started.ended.then(async (end: TaskEnd) => {
    const kept = keep({ ...running, endTime: host.jobs.now(), status: end.status });
    // At once: who sees the task's end may start the job again.
    lock[Symbol.dispose]();
    await kept;
    return end;
  });
  host.jobs.follow(ended);
  await written;
  return { task, ended };
}

function startWork(host: JobHost, job: ServerJob, start: JobStart): StartedTask {
  try {
    const isPush = job.kind === "sync" && syncPlaces(job).direction === "push";
    host.datastore(jobPlace(job).store, isPush ? "read" : "write");
  } catch (error) {
    return host.tasks.start(taskOf(job, start), ({ log }) => {
      if (start.introduction !== undefined) log(start.introduction);
      return Promise.reject(error);
    });
  }
  switch (job.kind) {
    case "gc":
      return startCollection(host, job, start);
    case "prune":
      return startPrune(host, job, start);
    case "sync":
      return startSync(host, job, start);
    case "verify":
      return startVerify(host, job, start);
  }
}

/** Name of the task of a job. */
function taskOf(job: ServerJob, { authId }: JobStart): TaskStart {
  const { store, namespace } = jobPlace(job);
  // What frees space has to run on a disk that is full.
  const common = { authId, needsNoLog: job.kind === "gc" || job.kind === "prune" };
  switch (job.kind) {
    case "gc":
      return { ...common, workerType: COLLECTION_TYPE, workerId: store };
    case "prune": {
      const workerId = namespace === "" ? store : `${store}:${namespace}`;
      return { ...common, workerType: JOB_KINDS.prune.workerType, workerId };
    }
    case "sync":
      return { ...common, workerType: JOB_KINDS.sync.workerType, workerId: syncTaskId(job) };
    case "verify":
      return {
        ...common,
        workerType: JOB_KINDS.verify.workerType,
        workerId: `${store}:${job.id}`,
      };
  }
}

function startCollection(
  host: JobHost,
  job: CollectionJob,
  start: JobStart,
): StartedTask {
  const { datastore } = host.datastore(job.id, "write");
  return host.tasks.start(taskOf(job, start), async ({ id, log, signal }) => {
    if (start.introduction !== undefined) log(start.introduction);
    await collectGarbage(datastore, { upid: id, log, signal });
  });
}

function startPrune(
  host: JobHost,
  job: SectionJob,
  start: JobStart,
): StartedTask {
  const { store, namespace } = jobPlace(job);
  const { datastore } = host.datastore(store, "write");
  const keep = jobKeepOptions(job);
  return host.tasks.start(taskOf(job, start), async (task) => {
    if (start.introduction !== undefined) task.log(start.introduction);
    task.log(`starting prune job '${job.id}' on datastore '${store}'`);
    if (Object.keys(keep).length === 0) return task.log("no retention options: everything is kept");
    task.log(`retention options: ${formatKeepOptions(keep)}`);
    const maxDepth = job.properties["max-depth"] as number | undefined;
    await pruneNamespaces(datastore, { namespace, maxDepth, keep }, task);
  });
}

function startSync(
  host: JobHost,
  job: SectionJob,
  start: JobStart,
): StartedTask {
  const { properties } = job;
  const { direction, owner } = syncPlaces(job);
  // A pull gives groups to the owner, a push takes those of the owner.
  const sourceOwner = direction === "push" ? owner : undefined;
  return host.tasks.start(taskOf(job, start), async (task) => {
    if (start.introduction !== undefined) task.log(start.introduction);
    task.log(`starting sync job '${job.id}'`);
    await synchronize(host, { properties, sourceOwner }, task);
  });
}

function startVerify(
  host: JobHost,
  job: SectionJob,
  start: JobStart,
): StartedTask {
  const { properties } = job;
  const { store, namespace } = jobPlace(job);
  const outdatedAfterDays = properties["outdated-after"] as number | undefined;
  return startVerification(host, start.authId, store, {
    namespace,
    ignoreVerified: properties["ignore-verified"] !== false,
    ...outdatedAfterDays === undefined ? {} : { outdatedAfterDays },
  }, {
    named: taskOf(job, start),
    maxDepth: properties["max-depth"] as number | undefined,
    introduction: start.introduction,
  });
}
