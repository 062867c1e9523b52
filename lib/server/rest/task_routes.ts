import { CorruptDataError, ServerError } from "../../errors/mod.ts";
import { parseUpid, type Upid } from "../../repository/mod.ts";
import {
  type Answer,
  BOOLEAN,
  NODE_NAME,
  optional,
  type ParameterSchema,
  type ParameterValues,
  STORE,
  TEXT,
  UPID,
} from "../api/mod.ts";
import type { TaskRecord } from "../tasks/mod.ts";
import { namespaceAclPath, type Privilege } from "../access/mod.ts";
import { JOB_KINDS, syncTaskPlace } from "../jobs/mod.ts";
import { COLLECTION_TYPE } from "../scheduling/mod.ts";
import type { RestContext, RestRoute } from "../state/mod.ts";

const PATH = "nodes/{node}/tasks";
const ACL = "/system/tasks";
const LIST_LIMIT = 50;
const LOG_TYPE = "application/json";
/** Types of the tasks that a filter by datastore looks at (spec: protocol.md §7.8). */
const STORE_TYPES =
  /^(backup|prune|garbage_collection|verify|verify_group|verify_snapshot|sync|syncjob)$/;
const STATUSES = ["ok", "warning", "error", "unknown"];
const NAMED_TASK = { "node": NODE_NAME, "upid": UPID };
const COUNT: ParameterSchema = { kind: "integer", minimum: 0, optional: true };

/** Calls about tasks (spec: protocol.md §7.8). */
export const TASK_ROUTES: readonly RestRoute[] = [
  {
    method: "GET",
    path: PATH,
    parameters: {
      "node": NODE_NAME,
      "start": COUNT,
      "limit": COUNT,
      "store": optional(STORE),
      "running": optional(BOOLEAN),
      "errors": optional(BOOLEAN),
      "userfilter": optional(TEXT),
      "typefilter": optional(TEXT),
      "statusfilter": {
        kind: "array",
        items: {
          kind: "string",
          refuse: (text) => STATUSES.includes(text) ? undefined : `unknown status "${text}"`,
        },
        optional: true,
      },
      "since": { kind: "integer", optional: true },
      "until": { kind: "integer", optional: true },
    },
    permission: "user",
    handle: list,
  },
  {
    method: "GET",
    path: `${PATH}/{upid}/status`,
    parameters: NAMED_TASK,
    permission: "user",
    handle: showStatus,
  },
  {
    method: "GET",
    path: `${PATH}/{upid}/log`,
    parameters: {
      ...NAMED_TASK,
      "start": COUNT,
      "limit": COUNT,
      "test-status": optional(BOOLEAN),
      "download": optional(BOOLEAN),
    },
    permission: "user",
    handle: showLog,
  },
  {
    method: "DELETE",
    path: `${PATH}/{upid}`,
    parameters: NAMED_TASK,
    permission: "user",
    handle: stop,
  },
];

function list({ state, authId }: RestContext, values: ParameterValues): Answer {
  const all = state.access.rules.hasAny(authId, ACL, ["Sys.Audit"]);
  const matches = taskFilter(values);
  const tasks = state.tasks.list().filter((task) =>
    (all || isOwn(task.upid, authId)) && matches(task)
  );
  const start = values.optionalInteger("start") ?? 0;
  const limit = values.optionalInteger("limit") ?? LIST_LIMIT;
  const shown = tasks.slice(start, limit === 0 ? undefined : start + limit);
  const more = limit > 0 && shown.length === limit ? 1 : 0;
  return { data: shown.map(listMembers), attributes: { total: start + shown.length + more } };
}

function taskFilter(values: ParameterValues): (task: TaskRecord) => boolean {
  const store = values.optionalText("store");
  const user = values.text("userfilter");
  const type = values.text("typefilter");
  const since = values.optionalInteger("since") ?? -Infinity;
  const until = values.optionalInteger("until") ?? Infinity;
  const statuses = values.texts("statusfilter");
  return ({ upid, end }) => {
    const { workerType, workerId, startTime } = upid;
    if (store !== undefined) {
      const ofStore = workerType === JOB_KINDS.sync.workerType
        ? syncTaskPlace(workerId).store === store
        : workerId === store || workerId.startsWith(`${store}:`);
      if (!ofStore || !STORE_TYPES.test(workerType)) return false;
    }
    if (values.boolean("running") && end !== undefined) return false;
    if (values.boolean("errors") && (end === undefined || end.outcome === "ok")) return false;
    if (statuses.length > 0 && (!end || !statuses.includes(end.outcome))) return false;
    return upid.authId.includes(user) && workerType.includes(type) &&
      startTime >= since && startTime <= until;
  };
}

function listMembers({ id, upid, end }: TaskRecord): Record<string, unknown> {
  return {
    upid: id,
    node: "localhost",
    pid: upid.pid,
    pstart: upid.pstart,
    starttime: upid.startTime,
    worker_type: upid.workerType,
    worker_id: upid.workerId === "" ? null : upid.workerId,
    user: upid.authId,
    ...end && { endtime: end.time, status: end.status },
  };
}

function showStatus(context: RestContext, values: ParameterValues): Answer {
  const upid = visibleTask(context, values);
  const record = context.state.tasks.find(upid);
  const [user = "", token] = upid.authId.split("!");
  const running = record !== undefined && record.end === undefined;
  return {
    data: {
      upid: values.text("upid"),
      node: upid.node,
      pid: upid.pid,
      pstart: upid.pstart,
      starttime: upid.startTime,
      type: upid.workerType,
      id: upid.workerId === "" ? null : upid.workerId,
      user,
      ...token !== undefined && { tokenid: token },
      status: running ? "running" : "stopped",
      ...!running && { exitstatus: record?.end?.status ?? "unknown" },
      ...record?.end && { endtime: record.end.time },
    },
  };
}

async function showLog(context: RestContext, values: ParameterValues): Promise<Answer> {
  const upid = visibleTask(context, values);
  const { tasks } = context.state;
  if (values.boolean("download")) {
    const others = ["start", "limit", "test-status"].some((name) => values.has(name));
    if (others) throw new ServerError(400, `"download" cannot be used with other parameters`);
    const time = new Date(upid.startTime * 1000).toISOString().replace(/\.\d+/, "");
    const fileName = `task-${upid.node}-${upid.workerType}-${time}.log`;
    return {
      raw: new TextEncoder().encode(await tasks.readWholeLog(upid)),
      contentType: "text/plain",
      headers: [["content-disposition", `attachment; filename=${fileName}`]],
    };
  }
  // Asked before the log is read: what is read then is complete if the task has ended.
  const active = tasks.find(upid) !== undefined && tasks.find(upid)!.end === undefined;
  const start = Math.max(values.optionalInteger("start") ?? 0, 1);
  const limit = values.optionalInteger("limit") ?? LIST_LIMIT;
  const { lines, total } = await tasks.readLog(upid, start, limit);
  return {
    data: lines.map((t, i) => ({ n: start + i, t })),
    attributes: { total, success: 1, ...values.boolean("test-status") && { active } },
    contentType: LOG_TYPE,
  };
}

function stop({ state, authId }: RestContext, values: ParameterValues): Answer {
  const upid = parseParameter(values);
  if (upid.authId !== authId && !state.access.rules.hasAny(authId, ACL, ["Sys.Modify"])) {
    throw new ServerError(400, `missing permissions 'Sys.Modify' on '${ACL}'`);
  }
  state.tasks.abort(upid);
  return { data: null };
}

/** @throws {ServerError} with 400 unless the caller may see the task. */
function visibleTask({ state, authId }: RestContext, values: ParameterValues): Upid {
  const upid = parseParameter(values);
  const { rules } = state.access;
  if (isOwn(upid, authId) || rules.hasAny(authId, ACL, ["Sys.Audit"])) return upid;
  // Who may start a job reads what it did, whoever has started it.
  const job = jobOf(upid);
  if (job !== undefined && rules.hasAny(authId, job.path, [job.privilege])) return upid;
  throw new ServerError(400, "task access not allowed");
}

/** Path and privilege that start the job of a task; undefined if it is no job's. */
function jobOf({ workerType, workerId }: Upid): { path: string; privilege: Privilege } | undefined {
  const [store = "", namespace = ""] = workerId.split(":", 2);
  switch (workerType) {
    case JOB_KINDS.prune.workerType:
      return { path: namespaceAclPath(store, namespace), privilege: "Datastore.Modify" };
    case JOB_KINDS.verify.workerType:
      return { path: `/datastore/${store}`, privilege: "Datastore.Verify" };
    case JOB_KINDS.sync.workerType: {
      const place = syncTaskPlace(workerId);
      const path = namespaceAclPath(place.store, place.namespace);
      return { path, privilege: "Datastore.Audit" };
    }
    case COLLECTION_TYPE:
      return { path: `/datastore/${store}`, privilege: "Datastore.Modify" };
    default:
      return undefined;
  }
}

/** A task of one's own, or of a token of one's own. */
function isOwn(upid: Upid, authId: string): boolean {
  return upid.authId === authId || upid.authId.startsWith(`${authId}!`);
}

function parseParameter(values: ParameterValues): Upid {
  try {
    return parseUpid(values.text("upid"));
  } catch (error) {
    if (!(error instanceof CorruptDataError)) throw error;
    throw new ServerError(400, error.message, { cause: error });
  }
}
