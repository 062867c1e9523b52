/**
 * State: what the calls of a running server share: datastores, access, tasks, budgets, connections.
 *
 * @module
 */

export * from "./idle_connections.ts";
export * from "./offered_datastores.ts";
export * from "./rest_context.ts";
export * from "./server_connection.ts";
export * from "./server_state.ts";
export * from "./start_verification.ts";
export * from "./upgraded_connections.ts";
export * from "./upload_inspector.ts";
