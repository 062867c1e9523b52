/**
 * The REST API (spec: protocol.md §7): its routes, and the *service* that answers requests with them.
 *
 * @module
 */

export * from "./redirect_to_tls.ts";
export * from "./rest_service.ts";
