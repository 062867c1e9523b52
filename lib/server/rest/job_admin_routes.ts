import { type Answer, optional, type ParameterValues, STORE } from "../api/mod.ts";
import { JOB_ID, type JobKind, jobMembers, jobPlace, SECTION_KINDS } from "../jobs/mod.ts";
import { startJob } from "../scheduling/mod.ts";
import type { RestContext, RestRoute } from "../state/mod.ts";
import { DIRECTION_FILTER, hasDirection } from "./direction_filter.ts";
import { maySeeJob, requireJobChange } from "./job_access.ts";

/** Calls that tell how jobs have run, and start them. */
export const JOB_ADMIN_ROUTES: readonly RestRoute[] = SECTION_KINDS.flatMap(
  (kind): RestRoute[] => [
    {
      method: "GET",
      path: `admin/${kind}`,
      parameters: { "store": optional(STORE), ...kind === "sync" && DIRECTION_FILTER },
      permission: "user",
      handle: (context, values) => list(context, values, kind),
    },
    {
      method: "POST",
      path: `admin/${kind}/{id}/run`,
      parameters: { "id": JOB_ID },
      permission: "user",
      handle: (context, values) => run(context, values, kind),
    },
  ],
);

async function list(
  context: RestContext,
  values: ParameterValues,
  kind: JobKind,
): Promise<Answer> {
  const store = values.optionalText("store");
  const { jobs, digest } = await context.state.jobs.files.list(kind);
  const visible = jobs.filter((job) => maySeeJob(context, job))
    .filter((job) => store === undefined || jobPlace(job).store === store)
    .filter((job) => hasDirection(job, values));
  const data = await Promise.all(visible.map((job) => jobMembers(context.state.jobs, job)));
  return { data, attributes: { digest } };
}

async function run(context: RestContext, values: ParameterValues, kind: JobKind): Promise<Answer> {
  const { state, authId } = context;
  const job = await state.jobs.files.find(kind, values.text("id"));
  requireJobChange(context, job);
  const { task } = await startJob(state, job, { authId });
  return { data: task.id };
}
