/**
 * HTTP as Proxmox Backup Server speaks it: HTTP/1.1 over TLS, and HTTP/2 on the same connection
 * after an upgrade (spec: protocol.md §1, §3, §4).
 *
 * A *duplex* is a two-way byte stream, whatever carries it. A *fingerprint* is the SHA-256 of a
 * certificate, by which one signed by nobody else is *trusted*. A *client* sends requests over a
 * duplex, a *server* answers them with a *handler*. A *header list* is an ordered list of *fields*;
 * a *body* is sent from memory or from a stream, and read piece by piece. An *upgrade* ends HTTP/1.1
 * on a duplex and hands it over. In HTTP/2 a connection carries *streams*, one per request, in
 * *frames*; *windows* bound what may be sent before it is read. The *REST client* knows the API's
 * ways: parameters, the `data` envelope, errors as text.
 *
 * @module
 */

export * from "./api_request.ts";
export * from "./api_response.ts";
export * from "./authentication.ts";
export * from "./deno_conn_duplex.ts";
export * from "./duplex.ts";
export * from "./header_fields.ts";
export * from "./http1_client.ts";
export * from "./http1_server.ts";
export { Http2Client } from "./http2_client.ts";
export { Http2Error } from "./http2_error.ts";
export { Http2ErrorCode } from "./http2_format.ts";
export type { Http2Options } from "./http2_options.ts";
export type { MinimumPace } from "./minimum_pace.ts";
export { Http2Server } from "./http2_server.ts";
export { LargeHeads } from "./large_heads.ts";
export { BodyTooLargeError, GatheredBytes, IncomingBody } from "./incoming_body.ts";
export * from "./memory_duplex.ts";
export * from "./message.ts";
export { NodeSocketDuplex } from "./node_socket_duplex.ts";
export { chooseProxy } from "./choose_proxy.ts";
export * from "./proxy.ts";
export * from "./rate_limiter.ts";
export * from "./rest_client.ts";
export * from "./self_signed_certificate.ts";
export { checkAddressIsFree } from "./check_address_is_free.ts";
export * from "./tcp.ts";
export * from "./tls_client.ts";
export * from "./tls_listener.ts";
export * from "./trust.ts";
