/**
 * Connections over TCP and TLS, from both ends (spec: protocol.md §1.1, §1.2).
 *
 * A *fingerprint* is the SHA-256 of a certificate, by which one signed by nobody else is *trusted*. A
 * *proxy* is asked to carry on to the server. A *listener* accepts connections, and holds a bounded
 * number of *places* for them.
 *
 * @module
 */

export { checkAddressIsFree } from "./check_address_is_free.ts";
export { chooseProxy } from "./choose_proxy.ts";
export * from "./proxy.ts";
export { readAuthorities } from "./read_authorities.ts";
export * from "./self_signed_certificate.ts";
export { systemAuthorities } from "./system_authorities.ts";
export * from "./tcp.ts";
export * from "./tls_client.ts";
export * from "./tls_listener.ts";
export * from "./trust.ts";
