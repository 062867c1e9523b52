import type { HeaderField } from "../http/mod.ts";

/** Name of the cookie that carries a ticket (spec: protocol.md §2.3). */
export const TICKET_COOKIE = "PBSAuthCookie";

/**
 * Percent-encodes what would not survive in a cookie or a header field: controls, space,
 * `"#<>`?{}`, DEL and everything beyond ASCII (spec: protocol.md §2.3).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(encodeCredential("a b:ä%"), "a%20b:%C3%A4%");
 * ```
 */
export function encodeCredential(text: string): string {
  let encoded = "";
  for (const byte of new TextEncoder().encode(text)) {
    const character = String.fromCharCode(byte);
    encoded += byte <= 0x20 || byte >= 0x7f || '"#<>`?{}'.includes(character)
      ? `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
      : character;
  }
  return encoded;
}

/**
 * The fields that present a ticket.
 *
 * @param cookieName `__Host-PBSAuthCookie` if the ticket came in a cookie of that name.
 */
export function ticketFields(
  ticket: string,
  csrfToken: string,
  cookieName: string = TICKET_COOKIE,
): HeaderField[] {
  return [
    ["cookie", `${cookieName}=${encodeCredential(ticket)}`],
    ["csrfpreventiontoken", csrfToken],
  ];
}

/**
 * The field that presents an API token (spec: protocol.md §2.4).
 *
 * @param tokenId `user@realm!name`.
 */
export function apiTokenFields(tokenId: string, secret: string): HeaderField[] {
  return [["authorization", `PBSAPIToken ${tokenId}:${encodeCredential(secret)}`]];
}
