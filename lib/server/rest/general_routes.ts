import { NODE_NAME } from "../api/mod.ts";
import type { RestRoute } from "../state/mod.ts";

/** The release whose protocol we speak (spec: protocol.md §7.1). */
const PROTOCOL_VERSION = { version: "4.2", release: "3", repoid: "pbs-client" };

/** Calls about the server as a whole. */
export const GENERAL_ROUTES: readonly RestRoute[] = [
  {
    method: "GET",
    path: "ping",
    parameters: {},
    permission: "public",
    handle: () => ({ data: { pong: true } }),
  },
  {
    method: "GET",
    path: "version",
    parameters: {},
    permission: "user",
    handle: () => ({ data: PROTOCOL_VERSION }),
  },
  {
    method: "GET",
    path: "nodes/{node}/identity",
    parameters: { "node": NODE_NAME },
    permission: "user",
    handle: ({ state }) => ({ data: { "pbs-instance-id": state.instanceId } }),
  },
];
