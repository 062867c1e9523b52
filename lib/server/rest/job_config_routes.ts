import {
  type Answer,
  DIGEST,
  optional,
  type ParameterSchemas,
  type ParameterValues,
} from "../api/mod.ts";
import {
  JOB_ID,
  JOB_KINDS,
  type JobKind,
  type JobProperties,
  type SectionJob,
} from "../jobs/mod.ts";
import type { RestContext, RestRoute } from "../state/mod.ts";
import { DIRECTION_FILTER, hasDirection } from "./direction_filter.ts";
import { maySeeJob, requireJobChange, requireJobVisible } from "./job_access.ts";
import { requireOtherEnd } from "./sync_routes.ts";

/** Calls that look at jobs and change them; the reference has the same for all kinds. */
export const JOB_CONFIG_ROUTES: readonly RestRoute[] = [
  ...routesOf("prune"),
  ...routesOf("sync"),
  ...routesOf("verify"),
];

function routesOf(kind: JobKind): RestRoute[] {
  const path = `config/${kind}`;
  const { properties } = JOB_KINDS[kind];
  const names = Object.keys(properties);
  const required = names.filter((name) => !properties[name]!.optional);
  const changes: ParameterSchemas = Object.fromEntries(
    names.map((name) => [name, optional(properties[name]!)]),
  );
  const removable = names.filter((name) => !required.includes(name));
  return [
    {
      method: "GET",
      path,
      parameters: kind === "sync" ? DIRECTION_FILTER : {},
      permission: "user",
      handle: (context, values) => list(context, values, kind),
    },
    {
      method: "POST",
      path,
      parameters: { "id": JOB_ID, ...properties },
      permission: "user",
      handle: (context, values) => create(context, values, kind),
    },
    {
      method: "GET",
      path: `${path}/{id}`,
      parameters: { "id": JOB_ID },
      permission: "user",
      handle: (context, values) => show(context, values, kind),
    },
    {
      method: "PUT",
      path: `${path}/{id}`,
      parameters: {
        "id": JOB_ID,
        ...changes,
        "delete": {
          kind: "array",
          items: {
            kind: "string",
            refuse: (text) => removable.includes(text) ? undefined : `cannot remove "${text}"`,
          },
          optional: true,
        },
        "digest": optional(DIGEST),
      },
      permission: "user",
      handle: (context, values) => update(context, values, kind),
    },
    {
      method: "DELETE",
      path: `${path}/{id}`,
      parameters: { "id": JOB_ID, "digest": optional(DIGEST) },
      permission: "user",
      handle: (context, values) => remove(context, values, kind),
    },
  ];
}

async function list(context: RestContext, values: ParameterValues, kind: JobKind): Promise<Answer> {
  const { jobs, digest } = await context.state.jobs.files.list(kind);
  const visible = jobs.filter((job) => maySeeJob(context, job) && hasDirection(job, values));
  return { data: visible.map(members), attributes: { digest } };
}

async function show(context: RestContext, values: ParameterValues, kind: JobKind): Promise<Answer> {
  const { files } = context.state.jobs;
  const job = await files.find(kind, values.text("id"));
  requireJobVisible(context, job);
  return { data: members(job), attributes: { digest: (await files.list(kind)).digest } };
}

async function create(
  context: RestContext,
  values: ParameterValues,
  kind: JobKind,
): Promise<Answer> {
  const job = { kind, id: values.text("id"), properties: propertiesOf(kind, values) };
  requireJobChange(context, job);
  // A job for what is not there would fail each time.
  context.state.datastore(values.text("store"), "read");
  if (kind === "sync") await requireOtherEnd(context, values);
  await context.state.jobs.create(kind, job.id, job.properties);
  return { data: null };
}

async function update(
  context: RestContext,
  values: ParameterValues,
  kind: JobKind,
): Promise<Answer> {
  const { jobs } = context.state;
  const id = values.text("id");
  const before = await jobs.files.find(kind, id);
  requireJobChange(context, before);
  const set = propertiesOf(kind, values);
  const remove = values.texts("delete");
  const left = Object.entries(before.properties).filter(([key]) => !remove.includes(key));
  requireJobChange(context, { kind, id, properties: { ...Object.fromEntries(left), ...set } });
  if (kind === "sync") await requireOtherEnd(context, values);
  await jobs.update(kind, id, { set, remove, digest: values.optionalText("digest") });
  return { data: null };
}

async function remove(
  context: RestContext,
  values: ParameterValues,
  kind: JobKind,
): Promise<Answer> {
  const { jobs } = context.state;
  const id = values.text("id");
  requireJobChange(context, await jobs.files.find(kind, id));
  await jobs.remove(kind, id, values.optionalText("digest"));
  return { data: null };
}

function propertiesOf(kind: JobKind, values: ParameterValues): JobProperties {
  const names = Object.keys(JOB_KINDS[kind].properties).filter((name) => values.has(name));
  return Object.fromEntries(names.map((name) => [name, values.value(name)])) as JobProperties;
}

function members({ id, properties }: SectionJob): Record<string, unknown> {
  return { id, ...properties };
}
