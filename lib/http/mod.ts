/**
 * HTTP: the common part of HTTP/1.1 and HTTP/2 (spec: protocol.md §1, §3, §4).
 *
 * A *header list* is an ordered list of *fields*. A *request* and a *response* have one and a *body*,
 * which is sent from memory or from a stream, and read piece by piece. A *handler* answers requests.
 * An *upgrade* ends HTTP on a duplex and hands it over.
 *
 * @module
 */

export * from "./body_length.ts";
export * from "./header_fields.ts";
export * from "./incoming_body.ts";
export * from "./message.ts";
