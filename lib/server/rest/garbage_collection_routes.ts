import { collectGarbage, readGcStatus } from "../../datastore/mod.ts";
import { ServerError } from "../../errors/mod.ts";
import { parseUpid } from "../../repository/mod.ts";
import { type Answer, type ParameterValues, STORE } from "../api/mod.ts";
import { onDatastore, type RestContext, type RestRoute } from "../state/mod.ts";
import { gcCounters } from "./gc_members.ts";

const PATH = "admin/datastore/{store}/gc";
const WORKER_TYPE = "garbage_collection";
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
];

async function start({ state, authId }: RestContext, values: ParameterValues): Promise<Answer> {
  const store = values.text("store");
  const { datastore } = state.datastore(store, "write");
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const running = state.tasks.running.find(({ task: { upid } }) =>
      upid.workerType === WORKER_TYPE && upid.workerId === store
    );
    if (running === undefined) break;
    const left = deadline - Date.now();
    if (left <= 0) throw new ServerError(400, "garbage collection already running");
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, left));
    await Promise.race([running.ended, late]);
    clearTimeout(timer);
  }
  const { task } = state.tasks.start(
    { workerType: WORKER_TYPE, workerId: store, authId, needsNoLog: true },
    async ({ id, log, signal }) => {
      await collectGarbage(datastore, { upid: id, log, signal });
    },
  );
  return { data: task.id };
}

async function show({ state }: RestContext, values: ParameterValues): Promise<Answer> {
  const store = values.text("store");
  const { datastore } = state.datastore(store, "read");
  const status = await readGcStatus(datastore);
  const last = state.tasks.list().find(({ upid, end }) =>
    end !== undefined && upid.workerType === WORKER_TYPE && upid.workerId === store
  );
  return {
    data: {
      store,
      upid: status.upid,
      ...gcCounters(status),
      ...last?.end && {
        "last-run-endtime": last.end.time,
        "last-run-state": last.end.status,
        "duration": last.end.time - parseUpid(last.id).startTime,
      },
    },
  };
}
