/**
 * Calls as data: a *route* says where a call is, what *parameters* it takes, by a *schema* each, and who
 * answers it; a *refusal* is the answer to a call that fails.
 *
 * @module
 */

export * from "./parameter_error.ts";
export * from "./parameter_schema.ts";
export * from "./parameter_values.ts";
export * from "./read_body.ts";
export * from "./read_parameters.ts";
export * from "./refusal.ts";
export * from "./request_target.ts";
export * from "./respond.ts";
export * from "./route.ts";
export * from "./route_table.ts";
export * from "./schemas.ts";
export * from "./verify_parameters.ts";
