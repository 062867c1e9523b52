import type { IncomingRequest } from "../http/mod.ts";
import { PageError } from "./_refusal.ts";

/** Path and query together; long ones are paths of keys. */
const MAX_TARGET = 160 * 1024;
const API = "/page/";

/** The target of a request to the page. */
export interface PageTarget {
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
  /** Part of the path after `/page/` in the path; undefined if it is another path. */
  readonly name: string | undefined;
}

/** Takes the target of a request apart. @throws {PageError} if it is too long or no path. */
export function parsePageTarget({ target }: IncomingRequest): PageTarget {
  if (target.length > MAX_TARGET) throw new PageError("bad-request", "the address is too long");
  if (!target.startsWith("/")) throw new PageError("bad-request", "the address is no path");
  const mark = target.indexOf("?");
  const path = mark < 0 ? target : target.slice(0, mark);
  const name = path.startsWith(API) ? path.slice(API.length) : undefined;
  return { path, query: mark < 0 ? "" : target.slice(mark + 1), name };
}

/**
 * Makes sure that a request came from the page itself and not from another one in the same browser.
 *
 * @param origins Where the page is: `http://127.0.0.1:8123`.
 * @throws {PageError} if the browser says otherwise.
 */
export function checkOrigin({ headers }: IncomingRequest, origins: readonly string[]): void {
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  const isForeign = origin !== undefined && !origins.includes(origin) ||
    site !== undefined && site !== "same-origin" && site !== "none";
  if (isForeign) throw new PageError("forbidden", "the request came from another page");
}

/** The value of a cookie. */
export function cookieOf({ headers }: IncomingRequest, name: string): string | undefined {
  for (const field of headers.getAll("cookie")) {
    for (const pair of field.split(";")) {
      const equals = pair.indexOf("=");
      if (equals >= 0 && pair.slice(0, equals).trim() === name) {
        return pair.slice(equals + 1).trim();
      }
    }
  }
  return undefined;
}
