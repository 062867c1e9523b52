import type { HeaderFields } from "../../http/mod.ts";

const HOST_COOKIE = "__Host-PBSAuthCookie";
const PLAIN_COOKIE = "PBSAuthCookie";
/** Including the blank or equals sign after it. */
const TOKEN_SCHEME_LENGTH = "PBSAPIToken ".length;

/** Credentials with which a request shows who sends it (spec: protocol.md §2.3, §2.4). */
export type Credentials =
  | {
    readonly kind: "ticket";
    readonly ticket: string;
    readonly csrfToken: string | undefined;
    /** Whether it came in the cookie that browsers keep from scripts. */
    readonly hostCookie: boolean;
  }
  | { readonly kind: "token"; readonly tokenId: string; readonly secret: string };

/** Reads the credentials of a request. A cookie wins over an `authorization` field, even if bad. */
export function readCredentials(headers: HeaderFields): Credentials | undefined {
  const cookies = new Map<string, string>();
  for (const field of headers.getAll("cookie")) {
    for (const pair of field.split(";")) {
      const equals = pair.indexOf("=");
      if (equals < 0) continue;
      const name = pair.slice(0, equals).trim();
      if (!cookies.has(name)) cookies.set(name, pair.slice(equals + 1).trim());
    }
  }
  const csrfToken = headers.get("csrfpreventiontoken");
  for (const name of [HOST_COOKIE, PLAIN_COOKIE]) {
    const value = cookies.get(name);
    if (value === undefined) continue;
    const ticket = percentDecode(value);
    return { kind: "ticket", ticket, csrfToken, hostCookie: name === HOST_COOKIE };
  }
  const authorization = headers.get("authorization");
  if (authorization === undefined) return undefined;
  return readToken(authorization);
}

/** `PBSAPIToken USER@REALM!NAME:SECRET`; only a token's id has the exclamation mark. */
function readToken(authorization: string): Credentials | undefined {
  const colon = authorization.indexOf(":");
  if (!/^PBSAPIToken[ =]/.test(authorization) || colon < 0) return undefined;
  const tokenId = authorization.slice(TOKEN_SCHEME_LENGTH, colon);
  const [userId = "", name] = tokenId.split("!", 2);
  if (/\s/.test(tokenId) || !userId.includes("@") || !name) return undefined;
  return { kind: "token", tokenId, secret: percentDecode(authorization.slice(colon + 1)) };
}

/** The cookie in which a browser keeps a ticket, or which takes it away. */
export function ticketCookie(ticket: string | undefined): string {
  return ticket === undefined
    ? `${HOST_COOKIE}=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; SameSite=Lax; HttpOnly; Path=/;`
    : `${HOST_COOKIE}=${ticket}; Secure; SameSite=Lax; HttpOnly; Path=/;`;
}

/** Malformed encoding makes a value that fits nothing. */
function percentDecode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return "";
  }
}
