import {
  DatastoreGroup,
  groupsOf,
  moveGroup,
  moveNamespace,
  requireNamespace,
} from "../../datastore/mod.ts";
import type { Datastore } from "../../datastore/mod.ts";
import { NotFoundError, ServerError } from "../../errors/mod.ts";
import { formatGroupPath, parentNamespace } from "../../repository/mod.ts";
import {
  type Answer,
  BOOLEAN,
  GROUP,
  NAMESPACE_SCHEMA,
  NS,
  optional,
  type ParameterValues,
  STORE,
} from "../api/mod.ts";
import type { RestContext, RestRoute } from "../state/mod.ts";
import { groupOf, requireGroupOwner, requireNamespaceAccess } from "./datastore_access.ts";

/** Calls that move groups and namespaces (spec: protocol.md §7.3, §7.6). */
export const MOVE_ROUTES: readonly RestRoute[] = [
  {
    method: "POST",
    path: "admin/datastore/{store}/move-group",
    parameters: {
      "store": STORE,
      "ns": NS,
      ...GROUP,
      "target-ns": NS,
      "merge-group": optional(BOOLEAN),
    },
    permission: "user",
    handle: startGroupMove,
  },
  {
    method: "POST",
    path: "admin/datastore/{store}/move-namespace",
    parameters: {
      "store": STORE,
      "ns": NAMESPACE_SCHEMA,
      "target-ns": NAMESPACE_SCHEMA,
      "max-depth": { kind: "integer", minimum: 0, maximum: 7, optional: true },
      "delete-source": optional(BOOLEAN),
      "merge-groups": optional(BOOLEAN),
    },
    permission: "user",
    handle: startNamespaceMove,
  },
];

async function startGroupMove(context: RestContext, values: ParameterValues): Promise<Answer> {
  const [store, from, to] = [values.text("store"), values.text("ns"), values.text("target-ns")];
  const group = groupOf(values);
  const source = requireNamespaceAccess(
    context,
    store,
    from,
    ["Datastore.Modify"],
    ["Datastore.Prune"],
  );
  const target = requireNamespaceAccess(
    context,
    store,
    to,
    ["Datastore.Modify"],
    ["Datastore.Backup"],
  );
  const { datastore } = context.state.datastore(store, "write");
  if (from === to) throw new ServerError(400, "source and target namespace must be different");
  requireTarget(datastore, to);
  if (!await hasGroup(datastore, from, group)) {
    const path = formatGroupPath(group);
    throw new ServerError(400, `group '${path}' does not exist in namespace '${from}'`);
  }
  if (source.ownOnly || target.ownOnly) {
    await requireGroupOwner(context, new DatastoreGroup(datastore, from, group));
  }
  const merge = values.boolean("merge-group", true);
  if (!merge && await hasGroup(datastore, to, group)) {
    throw new ServerError(400, `the group exists in namespace '${to}' and is not to be merged`);
  }
  const { task } = context.state.tasks.start({
    workerType: "move-group",
    workerId: `${store}:${from}/${formatGroupPath(group)}:${to}`,
    authId: context.authId,
  }, ({ log }) => moveGroup(new DatastoreGroup(datastore, from, group), to, { merge, log }));
  return { data: task.id };
}

function startNamespaceMove(context: RestContext, values: ParameterValues): Answer {
  const [store, from, to] = [values.text("store"), values.text("ns"), values.text("target-ns")];
  const [fromParent, toParent] = [parentNamespace(from), parentNamespace(to)];
  if (fromParent === undefined || toParent === undefined) {
    throw new ServerError(400, "the root namespace cannot be moved");
  }
  requireNamespaceAccess(context, store, fromParent, ["Datastore.Modify"]);
  requireNamespaceAccess(context, store, toParent, ["Datastore.Modify"]);
  const { datastore } = context.state.datastore(store, "write");
  if (from === to) throw new ServerError(400, "source and target namespace must be different");
  if (to.startsWith(`${from}/`)) {
    throw new ServerError(400, `namespace '${from}' cannot be moved below itself, to '${to}'`);
  }
  requireTarget(datastore, from);
  const { task } = context.state.tasks.start({
    workerType: "move-namespace",
    workerId: `${store}:${from}:${to}`,
    authId: context.authId,
  }, ({ log, signal }) =>
    moveNamespace(datastore, from, to, {
      maxDepth: values.optionalInteger("max-depth"),
      deleteSource: values.boolean("delete-source", true),
      mergeGroups: values.boolean("merge-groups", true),
      log,
      signal,
    }));
  return { data: task.id };
}

function requireTarget(datastore: Datastore, namespace: string): void {
  try {
    requireNamespace(datastore, namespace);
  } catch (cause) {
    if (!(cause instanceof NotFoundError)) throw cause;
    throw new ServerError(400, `namespace '${namespace}' does not exist`, { cause });
  }
}

async function hasGroup(
  datastore: Datastore,
  namespace: string,
  group: { readonly type: string; readonly id: string },
): Promise<boolean> {
  try {
    const groups = await groupsOf(datastore, namespace);
    return groups.some(({ name }) => name.type === group.type && name.id === group.id);
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
}
