import { type ConnectionSource, DenoConnDuplex } from "../duplex/mod.ts";
import { LargeHeads, serveConnection } from "../http1/mod.ts";
import type { GuestEnd, GuestService } from "./guest_service.ts";

/** Connections at a time; more are ended at once. */
const MAX_CONNECTIONS = 64;
const HEAD_TIMEOUT_MS = 30_000;
/** Time that answers have when the guest ends. */
const ENDING_MS = 200;
/** Requests have no bodies here, and hardly any fields. */
const LARGE_HEADS = 2;

/**
 * Serves the API of a guest until somebody stops it, or nobody uses it any more (spec: protocol.md §8.1).
 *
 * @param source Owned from now on.
 * @param signal Ends it as well.
 * @returns Why it has ended; undefined if the signal did it.
 */
export async function serveGuest(
  source: ConnectionSource,
  service: GuestService,
  signal: AbortSignal,
): Promise<GuestEnd | undefined> {
  const connections = new Map<DenoConnDuplex, Promise<void>>();
  const largeHeads = new LargeHeads(LARGE_HEADS);
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  const accepting = accept();
  const end = await Promise.race([service.ended, aborted]);
  source.close();
  await accepting;
  // The answer to who has stopped it.
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, end === "stopped" ? ENDING_MS : 0);
  await Promise.race([late, Promise.all(connections.values())]);
  clearTimeout(timer);
  for (const duplex of connections.keys()) duplex.abort();
  await Promise.allSettled(connections.values());
  return end;

  async function accept(): Promise<void> {
    for (let next = await source.accept(); next; next = await source.accept()) {
      const duplex = new DenoConnDuplex(next.connection, next.peer);
      if (connections.size >= MAX_CONNECTIONS) {
        duplex.abort();
        continue;
      }
      const served = serveConnection(duplex, (request) => service.answer(request), {
        headTimeoutMs: HEAD_TIMEOUT_MS,
        largeHeads,
      });
      connections.set(duplex, served.finally(() => connections.delete(duplex)));
    }
  }
}
