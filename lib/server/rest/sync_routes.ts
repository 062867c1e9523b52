import { type Answer, BOOLEAN, optional, type ParameterSchemas } from "../api/mod.ts";
import type { ParameterValues } from "../api/mod.ts";
import { type JobProperties, SYNC_PARAMETERS, syncPlaces } from "../jobs/mod.ts";
import { REMOTE_NAME } from "../remotes/mod.ts";
import { synchronize } from "../scheduling/mod.ts";
import type { RestContext, RestRoute } from "../state/mod.ts";
import { requireAll } from "./job_access.ts";
import { syncRequirements } from "./sync_access.ts";

const PULL: ParameterSchemas = { ...SYNC_PARAMETERS, "resync-corrupt": optional(BOOLEAN) };
const PUSH: ParameterSchemas = { ...SYNC_PARAMETERS, "remote": REMOTE_NAME };

/** Calls that pull and push without a job. */
export const SYNC_ROUTES: readonly RestRoute[] = [
  { method: "POST", path: "pull", parameters: PULL, permission: "user", handle: pull },
  { method: "POST", path: "push", parameters: PUSH, permission: "user", handle: push },
];

async function pull(context: RestContext, values: ParameterValues): Promise<Answer> {
  const { state, authId } = context;
  const properties = { ...propertiesOf(PULL, values), owner: authId };
  const places = syncPlaces({ properties });
  requireAll(context, syncRequirements(places, true));
  await requireOtherEnd(context, values);
  state.datastore(places.store, "write");
  return start(context, properties, undefined);
}

async function push(context: RestContext, values: ParameterValues): Promise<Answer> {
  const { state, authId } = context;
  const properties = { ...propertiesOf(PUSH, values), "sync-direction": "push" };
  const places = syncPlaces({ properties });
  requireAll(context, syncRequirements(places, true));
  await requireOtherEnd(context, values);
  state.datastore(places.store, "read");
  const [source] = syncRequirements(places, false);
  const seesAll = state.access.rules.hasAny(authId, source!.path, source!.privileges);
  return start(context, properties, seesAll ? undefined : authId);
}

function start(
  { state, authId }: RestContext,
  properties: JobProperties,
  sourceOwner: string | undefined,
): Answer {
  const { store } = syncPlaces({ properties });
  const { task } = state.tasks.start(
    { workerType: "sync", workerId: store, authId },
    (task) => synchronize(state, { properties, sourceOwner }, task),
  );
  return { data: task.id };
}

/** @throws {PbsError} if there is no such remote, or no such datastore where none is named. */
export async function requireOtherEnd(
  { state }: RestContext,
  values: ParameterValues,
): Promise<void> {
  const remote = values.optionalText("remote");
  if (remote !== undefined) await state.jobs.remotes.find(remote);
  else if (values.has("remote-store")) state.datastore(values.text("remote-store"), "read");
}

function propertiesOf(schemas: ParameterSchemas, values: ParameterValues): JobProperties {
  const names = Object.keys(schemas).filter((name) => values.has(name));
  return Object.fromEntries(names.map((name) => [name, values.value(name)])) as JobProperties;
}
