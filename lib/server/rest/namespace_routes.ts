import { createNamespace, deleteNamespace, listNamespaces } from "../../datastore/mod.ts";
import { ServerError } from "../../errors/mod.ts";
import {
  childNamespace,
  MAX_NAMESPACE_DEPTH,
  namespaceComponents,
  parentNamespace,
} from "../../repository/mod.ts";
import { namespaceAclPath, type Privilege } from "../access/mod.ts";
import {
  type Answer,
  BOOLEAN,
  NAMESPACE_SCHEMA,
  NS,
  optional,
  type ParameterValues,
  STORE,
} from "../api/mod.ts";
import type { RestContext, RestRoute } from "../state/mod.ts";
import { requireNamespaceAccess } from "./datastore_access.ts";
import { deletionMembers } from "./deletion_members.ts";

const PATH = "admin/datastore/{store}/namespace";
const VISIBLE: readonly Privilege[] = [
  "Datastore.Audit",
  "Datastore.Read",
  "Datastore.Backup",
  "Datastore.Modify",
];

/** Calls about namespaces (spec: protocol.md §7.6). */
export const NAMESPACE_ROUTES: readonly RestRoute[] = [
  {
    method: "GET",
    path: PATH,
    parameters: {
      "store": STORE,
      "parent": NS,
      "max-depth": { kind: "integer", minimum: 0, maximum: MAX_NAMESPACE_DEPTH, optional: true },
    },
    permission: "user",
    handle: list,
  },
  {
    method: "POST",
    path: PATH,
    parameters: {
      "store": STORE,
      "parent": NS,
      "name": {
        kind: "string",
        minLength: 1,
        maxLength: 32,
        pattern: /^[A-Za-z0-9_][A-Za-z0-9._-]*$/,
      },
    },
    permission: "user",
    handle: create,
  },
  {
    method: "DELETE",
    path: PATH,
    parameters: {
      "store": STORE,
      "ns": NAMESPACE_SCHEMA,
      "delete-groups": optional(BOOLEAN),
      "error-on-protected": optional(BOOLEAN),
    },
    permission: "user",
    handle: remove,
  },
];

async function list(context: RestContext, values: ParameterValues): Promise<Answer> {
  const { state, authId } = context;
  const [store, parent] = [values.text("store"), values.text("parent")];
  const { rules } = state.access;
  if (!rules.hasAnyAtOrBelow(authId, namespaceAclPath(store, parent), VISIBLE)) {
    throw new ServerError(403, "permission check failed");
  }
  const { datastore } = state.datastore(store, "read");
  const all = await listNamespaces(datastore, parent, values.optionalInteger("max-depth"));
  const visible = all.filter(({ namespace }) =>
    rules.hasAny(authId, namespaceAclPath(store, namespace), VISIBLE)
  );
  if (visible.length === 0) throw new ServerError(403, "permission check failed");
  return { data: visible.map(({ namespace }) => ({ ns: namespace })) };
}

async function create(context: RestContext, values: ParameterValues): Promise<Answer> {
  const [store, parent] = [values.text("store"), values.text("parent")];
  requireNamespaceAccess(context, store, parent, ["Datastore.Modify"]);
  const { datastore } = context.state.datastore(store, "write");
  const depth = namespaceComponents(parent).length;
  if (depth >= MAX_NAMESPACE_DEPTH) {
    throw new ServerError(400, `namespace too deep, ${depth} >= max ${MAX_NAMESPACE_DEPTH}`);
  }
  const namespace = childNamespace(parent, values.text("name"));
  await createNamespace(datastore, namespace);
  return { data: namespace };
}

async function remove(context: RestContext, values: ParameterValues): Promise<Answer> {
  const [store, namespace] = [values.text("store"), values.text("ns")];
  const parent = parentNamespace(namespace);
  if (parent === undefined) throw new ServerError(400, "the root namespace cannot be deleted");
  requireNamespaceAccess(context, store, parent, ["Datastore.Modify"]);
  const { datastore } = context.state.datastore(store, "write");
  const counts = await deleteNamespace(
    datastore,
    namespace,
    values.boolean("delete-groups"),
    !values.boolean("error-on-protected", true),
  );
  return { data: deletionMembers(counts) };
}
