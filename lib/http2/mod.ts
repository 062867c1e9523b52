/**
 * HTTP/2 over a duplex, as client and server (spec: protocol.md §4.5; RFC 9113, RFC 7541).
 *
 * A connection carries *streams*, one per request, in *frames*; *windows* bound what may be sent before
 * it is read. *HPACK* packs header lists, with a *table* that both ends keep alike.
 *
 * @module
 */

export { Http2Client } from "./http2_client.ts";
export { Http2Error } from "./http2_error.ts";
export { Http2ErrorCode } from "./http2_format.ts";
export type { Http2Options } from "./http2_options.ts";
export { Http2Server } from "./http2_server.ts";
