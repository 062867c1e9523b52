/**
 * HTTP/1.1 with upgrade, as client and server (spec: protocol.md §1, §3, §4.4).
 *
 * A *head* is a first line and the fields below it. A *client* sends requests over a duplex, one at a
 * time; a *server* answers them with a handler. *Large heads* are those of which a server reads only so
 * many at the same time. A connection that opens with the preface of HTTP/2 is served as such.
 *
 * @module
 */

export * from "./http1_client.ts";
export * from "./http1_server.ts";
export { LargeHeads } from "./large_heads.ts";
