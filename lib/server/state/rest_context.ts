import type { IncomingRequest } from "../../http/mod.ts";
import type { Privilege } from "../access/mod.ts";
import type { Route } from "../api/mod.ts";
import type { ServerConnection } from "./server_connection.ts";
import type { ServerState } from "./server_state.ts";

/** Everything that a call of the REST API gets. */
export interface RestContext {
  readonly state: ServerState;
  readonly connection: ServerConnection;
  readonly request: IncomingRequest;
  /** User or token that asks; empty on a public call. */
  readonly authId: string;
}

/** A privilege that is asked for before a call is looked at any further. */
export interface StaticPermission {
  /** The path of the rule, from the variables of the route's path. */
  readonly path: (variables: ReadonlyMap<string, string>) => string;
  /** One of them is enough. */
  readonly privileges: readonly Privilege[];
  /** Whether having it somewhere below is enough as well. */
  readonly orBelow?: true;
}

/** A call of the REST API. */
export interface RestRoute extends Route<RestContext> {
  /** `public` calls need no credentials, `user` ones any. */
  readonly permission: "public" | "user" | StaticPermission;
}

/** The static permission of calls on a datastore. */
export function onDatastore(...privileges: Privilege[]): StaticPermission {
  return { path: (variables) => `/datastore/${variables.get("store") ?? ""}`, privileges };
}
