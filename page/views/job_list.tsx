import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PageJob } from "../../lib/page/page_api.ts";
import { RunJob } from "../actions/run_job.tsx";
import { Await, Empty } from "../parts/await.tsx";
import { Badge } from "../parts/badge.tsx";
import { Button } from "../parts/button.tsx";
import { Link } from "../parts/link.tsx";
import { Moment } from "../parts/moment.tsx";
import { Name } from "../parts/name.tsx";
import { look } from "../requests/send_request.ts";
import { useLoad } from "../state/use_load.ts";
import { safeText } from "../text/safe_text.ts";
import { TaskState } from "./task_list.tsx";

/** Milliseconds until the list is asked for again. */
const AGAIN_MS = 5000;

const KINDS: Readonly<Record<PageJob["kind"], string>> = {
  gc: "Garbage collection",
  prune: "Prune",
  sync: "Sync",
  verify: "Verify",
};

/** A job in words. */
export function jobName({ kind, id }: Pick<PageJob, "kind" | "id">): string {
  return id === undefined ? KINDS[kind] : `${KINDS[kind]} ${id}`;
}

/** Jobs with their schedules, their next and their last runs. */
export function JobList(): JSX.Element {
  const loaded = useLoad(
    "jobs",
    async (signal) => (await look("jobs", {}, signal)).jobs,
    AGAIN_MS,
  );
  const [asked, setAsked] = useState<PageJob>();
  return (
    <>
      <Await of={loaded} what="the jobs" lines={4}>
        {(jobs) =>
          jobs.length === 0
            ? (
              <Empty title="No jobs yet">
                <p>
                  The server prunes, verifies and collects garbage by itself when it is told to:
                  {" "}
                  <code>pbs-client serve prune-job create</code>
                </p>
              </Empty>
            )
            : (
              <table class="table jobs">
                <thead>
                  <tr>
                    <th scope="col">Job</th>
                    <th scope="col" class="wide-only">Datastore</th>
                    <th scope="col" class="wide-only">Schedule</th>
                    <th scope="col">Next</th>
                    <th scope="col">Last run</th>
                    <th scope="col">
                      <span class="hidden">Start</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {jobs.map((job) => (
                    <JobRow
                      key={`${job.kind} ${job.store} ${job.id}`}
                      job={job}
                      onRun={() => setAsked(job)}
                    />
                  ))}
                </tbody>
              </table>
            )}
      </Await>
      {asked && <RunJob job={asked} name={jobName(asked)} onClose={() => setAsked(undefined)} />}
    </>
  );
}

function JobRow(
  { job, onRun }: { readonly job: PageJob; readonly onRun: () => void },
): JSX.Element {
  const { store, ns, schedule, comment, next, isDisabled } = job;
  return (
    <tr>
      <td>
        <span class="strong">
          <Name text={jobName(job)} />
        </span>
        {comment !== undefined && (
          <div class="faint clip">
            <Name text={comment} />
          </div>
        )}
      </td>
      <td class="wide-only">
        <Link to={{ view: "store", store, ns }}>
          <Name text={ns === "" ? store : `${store}: ${ns}`} />
        </Link>
      </td>
      <td class="wide-only">
        <Name text={schedule ?? ""} />
      </td>
      <td>
        {isDisabled
          ? <Badge>disabled</Badge>
          : next === undefined
          ? <span class="faint">by hand</span>
          : next * 1000 <= Date.now()
          ? <span>now</span>
          : <Moment seconds={next} />}
      </td>
      <td>
        <LastRun job={job} />
      </td>
      <td class="number">
        {job.mayRun && job.state !== "running" && (
          <Button kind="quiet" label={`Run ${safeText(jobName(job))} now`} onPress={onRun}>
            Run
          </Button>
        )}
      </td>
    </tr>
  );
}

/** Result and time of the last run, with the way to its log. */
function LastRun({ job: { state, status, store, upid, end } }: { readonly job: PageJob }) {
  if (state === "never") return <span class="faint">never</span>;
  const shown = (
    <>
      <TaskState state={state} status={status} /> {end !== undefined && <Moment seconds={end} />}
    </>
  );
  if (upid === undefined) return shown;
  return <Link to={{ view: "task", store, upid }}>{shown}</Link>;
}
