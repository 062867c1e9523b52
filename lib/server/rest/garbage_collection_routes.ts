import { readGcStatus } from "../../datastore/mod.ts";
import { ConflictError, ServerError } from "../../errors/mod.ts";
import { parseUpid } from "../../repository/mod.ts";
import { type Answer, optional, type ParameterValues, STORE } from "../api/mod.ts";
import { type DatastoreConfig, isReadable } from "../config/mod.ts";
import { jobKey } from "../jobs/mod.ts";
import { COLLECTION_TYPE, startJob } from "../scheduling/mod.ts";
import { onDatastore, type RestContext, type RestRoute, type ServerState } from "../state/mod.ts";
import { gcCounters } from "./gc_members.ts";

const PATH = "admin/datastore/{store}/gc";
/** How long a call waits for the end of a collection that is running (spec: protocol.md §7.7). */
const WAIT_MS = 10_000;

/** Calls about garbage collection (spec: protocol.md §7.7). */
export const GARBAGE_COLLECTION_ROUTES: readonly RestRoute[] = [
  {
    method: "POST",
    path: PATH,
    parameters: { "store": STORE },
    permission: onDatastore("Datastore.Modify"),
    handle: start,
  },
  {
    method: "GET",
    path: PATH,
    parameters: { "store": STORE },
    permission: onDatastore("Datastore.Audit"),
    handle: show,
  },
  {
    method: "GET",
    path: "admin/gc",
    parameters: { "store": optional(STORE) },
    permission: "user",
    handle: list,
  },
  {
    method: "GET",
    path: "admin/gc/{store}",
    parameters: { "store": STORE },
    permission: onDatastore("Datastore.Audit"),
    handle: async (context, values) => {
      const { data } = await show(context, values) as { data: unknown };
      return { data: [data] };
    },
  },
];

async function start({ state, authId }: RestContext, values: ParameterValues): Promise<Answer> {
  const store = values.text("store");
  const { config } = state.datastore(store, "write");
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const running = state.tasks.running.find(({ task: { upid } }) =>
      upid.workerType === COLLECTION_TYPE && upid.workerId === store
    );
    if (running === undefined) break;
    const left = deadline - Date.now();
    if (left <= 0) throw new ServerError(400, "garbage collection already running");
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, left));
    await Promise.race([running.ended, late]);
    clearTimeout(timer);
  }
  try {
    const job = { kind: "gc", id: store, schedule: config.gcSchedule } as const;
    const { task } = await startJob(state, job, { authId });
    return { data: task.id };
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    throw new ServerError(400, "garbage collection already running", { cause: error });
  }
}

async function show({ state }: RestContext, values: ParameterValues): Promise<Answer> {
  const { config } = state.datastore(values.text("store"), "read");
  return { data: await collectionMembers(state, config) };
}

async function list({ state, authId }: RestContext, values: ParameterValues): Promise<Answer> {
  const asked = values.optionalText("store");
  const visible = state.configs.filter((config) =>
    (asked === undefined || asked === config.name) && isReadable(config) &&
    state.access.rules.hasAny(authId, `/datastore/${config.name}`, ["Datastore.Audit"])
  );
  const data = visible.map(async (config) => {
    const last = lastTask(state, config.name, true);
    return {
      ...await collectionMembers(state, config),
      // As the lists of the other jobs have it; the `upid` above is that of the last one that was whole.
      ...last && { "last-run-upid": last.id },
      ...last && last.end === undefined &&
        { "last-run-endtime": undefined, "last-run-state": undefined, "duration": undefined },
    };
  });
  return { data: await Promise.all(data) };
}

/** The newest collection of a datastore. */
function lastTask({ tasks }: ServerState, store: string, withRunning: boolean) {
  return tasks.list().find(({ upid, end }) =>
    (withRunning || end !== undefined) && upid.workerType === COLLECTION_TYPE &&
    upid.workerId === store
  );
}

async function collectionMembers(
  state: ServerState,
  { name, gcSchedule }: DatastoreConfig,
): Promise<Record<string, unknown>> {
  const { datastore } = state.datastore(name, "read");
  const status = await readGcStatus(datastore);
  const last = lastTask(state, name, false);
  const job = { kind: "gc", id: name, schedule: gcSchedule } as const;
  const nextRun = state.jobs.nextRun(job, await state.jobs.states.read(jobKey(job)));
  return {
    store: name,
    upid: status.upid,
    ...gcCounters(status),
    ...gcSchedule !== undefined && { schedule: gcSchedule },
    ...nextRun !== undefined && { "next-run": nextRun },
    ...last?.end && {
      "last-run-endtime": last.end.time,
      "last-run-state": last.end.status,
      "duration": last.end.time - parseUpid(last.id).startTime,
    },
  };
}
