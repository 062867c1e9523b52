import {
  type Answer,
  BOOLEAN,
  CALENDAR_EVENT,
  COMMENT,
  DIGEST,
  optional,
  type ParameterSchema,
  type ParameterSchemas,
  type ParameterValues,
  parsedBy,
  STORE,
} from "../api/mod.ts";
import {
  CHANGEABLE_PROPERTIES,
  datastoreMembers,
  type DatastoreProperties,
  formatBackend,
  parseBackend,
  parseMaintenance,
  parseThresholds,
  parseTuning,
  removedProperties,
} from "../config/mod.ts";
import { onDatastore, type RestContext, type RestRoute } from "../state/mod.ts";
import {
  checkNewDatastore,
  createDatastore,
  type NewDatastore,
  removeDatastore,
  requireUnused,
} from "../stores/mod.ts";

const PATH = "config/datastore";

/** Maintenance modes that somebody may ask for; the server sets the others itself. */
const MAINTENANCE: ParameterSchema = {
  kind: "string",
  refuse: (text) => {
    const allowed = ["read-only", "offline"];
    const reason = parsedBy(parseMaintenance)(text);
    if (reason !== undefined) return `invalid maintenance-mode: ${reason}`;
    return allowed.includes(parseMaintenance(text).type)
      ? undefined
      : `maintenance-mode can be set to ${allowed.join(" or ")} only`;
  },
};

const PATH_OF_FOLDER: ParameterSchema = {
  kind: "string",
  maxLength: 4096,
  // deno-lint-ignore no-control-regex -- a line break would be a line of the configuration.
  pattern: /^\/[^\x00-\x1f\x7f]*$/,
};

/** Properties that can be changed, by the words of the reference. */
const CHANGEABLE: ParameterSchemas = {
  "comment": COMMENT,
  "counter-reset-schedule": optional(CALENDAR_EVENT),
  "gc-schedule": optional(CALENDAR_EVENT),
  "maintenance-mode": optional(MAINTENANCE),
  "notification-thresholds": { kind: "string", refuse: parsedBy(parseThresholds), optional: true },
  "tuning": { kind: "string", refuse: parsedBy(parseTuning), optional: true },
  "verify-new": optional(BOOLEAN),
};

/** Calls that create, change and remove datastores. */
export const DATASTORE_CONFIG_ROUTES: readonly RestRoute[] = [
  {
    method: "GET",
    path: PATH,
    parameters: {},
    permission: "user",
    handle: list,
  },
  {
    method: "POST",
    path: PATH,
    parameters: {
      "name": STORE,
      "path": PATH_OF_FOLDER,
      "backend": { kind: "string", refuse: parsedBy(parseBackend), optional: true },
      ...CHANGEABLE,
      "overwrite-in-use": optional(BOOLEAN),
      "reuse-datastore": optional(BOOLEAN),
    },
    permission: { path: () => "/datastore", privileges: ["Datastore.Allocate"] },
    handle: create,
  },
  {
    method: "GET",
    path: `${PATH}/{store}`,
    parameters: { "store": STORE },
    permission: onDatastore("Datastore.Allocate", "Datastore.Audit"),
    handle: show,
  },
  {
    method: "PUT",
    path: `${PATH}/{store}`,
    parameters: {
      "store": STORE,
      ...CHANGEABLE,
      "delete": {
        kind: "array",
        items: {
          kind: "string",
          refuse: (text) =>
            CHANGEABLE_PROPERTIES.includes(text) ? undefined : `cannot remove "${text}"`,
        },
        optional: true,
      },
      "digest": optional(DIGEST),
    },
    permission: onDatastore("Datastore.Modify"),
    handle: update,
  },
  {
    method: "DELETE",
    path: `${PATH}/{store}`,
    parameters: {
      "store": STORE,
      "destroy-data": optional(BOOLEAN),
      "digest": optional(DIGEST),
      "keep-job-configs": optional(BOOLEAN),
    },
    permission: onDatastore("Datastore.Allocate"),
    handle: remove,
  },
];

async function list({ state, authId }: RestContext): Promise<Answer> {
  const { datastores, digest } = await state.administration.list();
  const visible = datastores.filter(({ name }) =>
    state.access.rules.hasAny(authId, `/datastore/${name}`, ["Datastore.Audit"])
  );
  return { data: visible.map(datastoreMembers), attributes: { digest } };
}

async function show({ state }: RestContext, values: ParameterValues): Promise<Answer> {
  const config = await state.administration.find(values.text("store"));
  const { digest } = await state.administration.list();
  return { data: datastoreMembers(config), attributes: { digest } };
}

async function create({ state, authId }: RestContext, values: ParameterValues): Promise<Answer> {
  const wanted: NewDatastore = {
    name: values.text("name"),
    properties: {
      path: values.text("path"),
      ...values.has("backend") ? backendProperty(values.text("backend")) : {},
      ...propertiesOf(values),
    },
    reuse: values.boolean("reuse-datastore"),
    overwriteInUse: values.boolean("overwrite-in-use"),
  };
  await checkNewDatastore(state, wanted);
  const { task } = state.tasks.start(
    { workerType: "create-datastore", workerId: wanted.name, authId },
    (task) => createDatastore(state, wanted, task),
  );
  return { data: task.id };
}

async function update({ state }: RestContext, values: ParameterValues): Promise<Answer> {
  const name = values.text("store");
  await state.administration.update(
    name,
    propertiesOf(values),
    removedProperties(values.texts("delete"), values.has("tuning")),
    values.optionalText("digest"),
  );
  await state.refresh();
  return { data: null };
}

async function remove({ state, authId }: RestContext, values: ParameterValues): Promise<Answer> {
  const name = values.text("store");
  // Says that there is none, and that somebody has changed it.
  await state.administration.update(name, {}, [], values.optionalText("digest"));
  requireUnused(state, name, {});
  const { task } = state.tasks.start(
    { workerType: "delete-datastore", workerId: name, authId, needsNoLog: true },
    (task) =>
      removeDatastore(state, name, {
        destroyData: values.boolean("destroy-data"),
        keepJobs: values.boolean("keep-job-configs"),
      }, task),
  );
  return { data: task.id };
}

/** The properties that were given, as the configuration file has them. */
function propertiesOf(values: ParameterValues): DatastoreProperties {
  const given = Object.keys(CHANGEABLE).filter((key) => key !== "tuning" && values.has(key));
  return {
    ...Object.fromEntries(given.map((key) => [key, String(values.value(key))])),
    ...values.has("tuning") ? parseTuning(values.text("tuning")) : {},
  };
}

function backendProperty(text: string): DatastoreProperties {
  const backend = parseBackend(text);
  return backend === undefined ? {} : { backend: formatBackend(backend) };
}
