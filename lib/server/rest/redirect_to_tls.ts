import type { Duplex } from "../../duplex/mod.ts";
import { serveConnection, type ServeOptions } from "../../http1/mod.ts";

/** Browsers that were sent here without TLS need one answer, and need it immediately. */
const PATIENCE_MS = 10_000;

/**
 * Answers a connection that does not start with TLS (spec: protocol.md §1.1): a redirect to the same
 * host with `https`, without path and query.
 *
 * @param options How patient to be where that is less than usual.
 */
export async function redirectToTls(duplex: Duplex, options: ServeOptions): Promise<void> {
  const within = (ms: unknown) => Math.min(typeof ms === "number" ? ms : PATIENCE_MS, PATIENCE_MS);
  await serveConnection(duplex, ({ method, headers }) => {
    const host = headers.get("host");
    if (host === undefined || host === "") return { status: 400 };
    const status = method === "GET" || method === "HEAD" ? 301 : 308;
    return { status, headers: [["location", `https://${host}`]] };
  }, {
    ...options,
    headTimeoutMs: within(options.headTimeoutMs),
    idleTimeoutMs: within(options.idleTimeoutMs),
    bodyTimeoutMs: within(options.bodyTimeoutMs),
  });
}
