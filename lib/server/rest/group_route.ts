import { DatastoreGroup } from "../../datastore/mod.ts";
import type { Privilege } from "../access/mod.ts";
import { type Answer, GROUP, NS, type ParameterValues, STORE } from "../api/mod.ts";
import type { RestContext, RestRoute } from "../state/mod.ts";
import { groupOf, requireGroupOwner, requireNamespaceAccess } from "./datastore_access.ts";

/** The group a call is about; the caller may do with it what the call does. */
export interface NamedGroup {
  readonly store: string;
  readonly group: DatastoreGroup;
}

/** A call on one group, or on something in it. */
export interface GroupCall {
  readonly method: RestRoute["method"];
  /** Last part of its path. */
  readonly name: string;
  /** One of them gives access to every group. */
  readonly full: readonly Privilege[];
  /** One of them gives access to the groups that the caller owns. */
  readonly limited: readonly Privilege[];
  /** Parameters beside those that name the group. */
  readonly parameters?: RestRoute["parameters"];
  /** Asks for the owner where access is limited; {@linkcode requireGroupOwner} by default. */
  readonly requireOwner?: (
    context: RestContext,
    named: NamedGroup,
    values: ParameterValues,
  ) => Promise<void>;
  /** Does what the call is for. */
  readonly handle: (
    named: NamedGroup,
    values: ParameterValues,
    context: RestContext,
  ) => Promise<Answer> | Answer;
}

/** The route of a call on one group, with full or limited access (spec: protocol.md §2.9). */
export function groupRoute(call: GroupCall): RestRoute {
  const { method, name, full, limited, parameters, requireOwner = requireUsualOwner } = call;
  return {
    method,
    path: `admin/datastore/{store}/${name}`,
    parameters: { "store": STORE, "ns": NS, ...GROUP, ...parameters },
    permission: "user",
    handle: async (context, values) => {
      const [store, namespace] = [values.text("store"), values.text("ns")];
      const { ownOnly } = requireNamespaceAccess(context, store, namespace, full, limited);
      const { datastore } = context.state.datastore(store, method === "GET" ? "read" : "write");
      const named = { store, group: new DatastoreGroup(datastore, namespace, groupOf(values)) };
      if (ownOnly) await requireOwner(context, named, values);
      return await call.handle(named, values, context);
    },
  };
}

async function requireUsualOwner(context: RestContext, named: NamedGroup): Promise<void> {
  await requireGroupOwner(context, named.group);
}
