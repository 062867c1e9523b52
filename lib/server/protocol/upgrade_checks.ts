import { ServerError } from "../../errors/mod.ts";
import type { IncomingRequest } from "../../http/mod.ts";

/** @throws {ServerError} with 400 unless exactly this protocol is asked for, over HTTP/1. */
export function requireUpgrade(request: IncomingRequest, protocol: string): void {
  const asked = request.headers.get("upgrade");
  if (asked === undefined || request.httpVersion === "2") {
    throw new ServerError(400, "missing Upgrade header");
  }
  if (asked !== protocol) throw new ServerError(400, "invalid protocol name");
}

/** Prefixes of requests' lines in the logs of tasks. */
export function requestName(request: IncomingRequest): string {
  return `${request.method} ${request.target.split("?")[0]}`;
}
