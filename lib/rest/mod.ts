/**
 * The client of a REST API as Proxmox Backup Server has it (spec: protocol.md §1.3, §3).
 *
 * A *call* sends *parameters* in the query or as JSON and takes the *result* out of the `data` envelope;
 * the text of a refusal becomes an error. A *ticket* or an *API token* says who calls.
 *
 * @module
 */

export * from "./api_request.ts";
export * from "./api_response.ts";
export * from "./authentication.ts";
export * from "./rest_client.ts";
