import type { PageParameters } from "./_page_parameters.ts";
import { PageError } from "./_refusal.ts";
import { taskState } from "./_task_requests.ts";
import type { PageJob, PageJobs, PageStarted } from "./page_api.ts";
import type { ListedJob, PageJobKind, PageSource } from "./page_source.ts";

/** Privileges that start the jobs of each kind. */
const PRIVILEGES: Readonly<Record<PageJobKind, string>> = {
  gc: "Datastore.Modify",
  prune: "Datastore.Modify",
  // More may be needed at the other end; the server says so then.
  sync: "Datastore.Backup",
  verify: "Datastore.Verify",
};

/** `jobs`: those of one datastore or of all. */
export async function listJobs(
  source: PageSource,
  parameters: PageParameters,
): Promise<PageJobs> {
  const only = parameters.optionalText("store");
  const listed = await source.jobs?.list() ?? [];
  const privileges = new Map<string, Promise<ReadonlySet<string> | undefined>>();
  const privilegesOn = async ({ store, namespace }: ListedJob) => {
    const place = `${store}:${namespace}`;
    const asked = privileges.get(place) ??
      source.access(store).then((access) => access.privileges(namespace))
        // A datastore that is not there has jobs, and nobody can start them.
        .catch(() => new Set<string>());
    privileges.set(place, asked);
    return await asked;
  };
  const jobs: PageJob[] = [];
  for (const job of listed) {
    if (only !== undefined && job.store !== only) continue;
    const granted = await privilegesOn(job);
    jobs.push(describeJob(job, granted?.has(PRIVILEGES[job.kind]) ?? true));
  }
  return { jobs };
}

function describeJob({ namespace, ...job }: ListedJob, mayRun: boolean): PageJob {
  const { upid, end, status } = job;
  return {
    ...job,
    ns: namespace,
    state: upid === undefined && status === undefined ? "never" : taskState(end, status),
    mayRun,
  };
}

/** `job-run`: starts a task. */
export async function runJob(
  source: PageSource,
  parameters: PageParameters,
): Promise<PageStarted> {
  const [store, kind] = [parameters.text("store"), parameters.text("kind")];
  if (source.jobs === undefined || !Object.hasOwn(PRIVILEGES, kind)) {
    throw new PageError("not-found", "there is no such job");
  }
  const id = parameters.optionalText("id") ?? "";
  return { upid: await source.jobs.run(kind as PageJobKind, store, id), store };
}
