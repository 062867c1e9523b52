import { DatastoreGroup } from "../../datastore/mod.ts";
import { ServerError } from "../../errors/mod.ts";
import type { BackupType, VerifyRequest } from "../../repository/mod.ts";
import {
  type Answer,
  BACKUP_ID,
  BACKUP_TIME,
  BACKUP_TYPE,
  BOOLEAN,
  NS,
  optional,
  type ParameterValues,
  STORE,
} from "../api/mod.ts";
import {
  type RestContext,
  type RestRoute,
  startVerification,
  verificationTask,
} from "../state/mod.ts";
import { requireGroupOwner, requireNamespaceAccess } from "./datastore_access.ts";

const THREADS = { kind: "integer", minimum: 1, maximum: 32, optional: true } as const;

/** The call that verifies (spec: protocol.md §7.7). */
export const VERIFICATION_ROUTES: readonly RestRoute[] = [
  {
    method: "POST",
    path: "admin/datastore/{store}/verify",
    parameters: {
      "store": STORE,
      "ns": NS,
      "backup-type": optional(BACKUP_TYPE),
      "backup-id": optional(BACKUP_ID),
      "backup-time": optional(BACKUP_TIME),
      "ignore-verified": optional(BOOLEAN),
      "outdated-after": { kind: "integer", minimum: 0, optional: true },
      "max-depth": { kind: "integer", minimum: 0, maximum: 7, optional: true },
      // How many threads there are is for the machine to say, not for a client.
      "read-threads": THREADS,
      "verify-threads": THREADS,
    },
    permission: "user",
    handle: start,
  },
];

async function start(context: RestContext, values: ParameterValues): Promise<Answer> {
  const { state, authId } = context;
  const [store, namespace] = [values.text("store"), values.text("ns")];
  const { ownOnly } = requireNamespaceAccess(
    context,
    store,
    namespace,
    ["Datastore.Verify"],
    ["Datastore.Backup"],
  );
  const { datastore } = state.datastore(store, "write");
  const request = requestOf(namespace, values);
  if (ownOnly && request.group) {
    await requireGroupOwner(context, new DatastoreGroup(datastore, namespace, request.group));
  }
  const { task } = startVerification(state, authId, store, request, {
    named: verificationTask(store, request),
    maxDepth: values.optionalInteger("max-depth"),
    ownOnly,
  });
  return { data: task.id };
}

/** Nothing, a group or a snapshot. */
function requestOf(namespace: string, values: ParameterValues): VerifyRequest {
  const type = values.optionalText("backup-type") as BackupType | undefined;
  const id = values.optionalText("backup-id");
  const time = values.optionalInteger("backup-time");
  const outdatedAfterDays = values.optionalInteger("outdated-after");
  const options = {
    namespace,
    ignoreVerified: values.boolean("ignore-verified", true),
    ...outdatedAfterDays === undefined ? {} : { outdatedAfterDays },
  };
  if (type !== undefined && id !== undefined) {
    return { ...options, group: { type, id }, ...time === undefined ? {} : { time } };
  }
  if (type !== undefined || id !== undefined || time !== undefined) {
    throw new ServerError(400, "parameters do not specify a backup group or snapshot");
  }
  return options;
}
