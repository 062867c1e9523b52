import { ConnectionError } from "../errors/mod.ts";
import { counterBytes } from "../bytes/mod.ts";
import type { MeasuredTransfer, MeasureTransferOptions } from "../repository/mod.ts";
import type { RemoteSession } from "./_remote_session.ts";
import { UpgradedConnection } from "./_upgraded_connection.ts";

/** One request's body, and requests under way (spec: protocol.md §5.13). */
const BODY_BYTES = 4 * 1024 * 1024;
const WINDOW_REQUESTS = 16;
/** Time for the last answers. */
const PATIENCE_MS = 30_000;

/**
 * Measures how fast a server takes data; it stores nothing of it.
 *
 * @throws {ConnectionError} if the answers do not come.
 */
export async function measureUpload(
  session: RemoteSession,
  { durationMs, signal, noCache = false }: MeasureTransferOptions,
): Promise<MeasuredTransfer> {
  const snapshot = { type: "host", id: "benchmark", time: Math.floor(Date.now() / 1000) } as const;
  const client = await session.upgrade("backup", { namespace: "", snapshot }, {
    benchmark: true,
    debug: false,
    ...(noCache ? { "no-cache": true } : {}),
  });
  const connection = new UpgradedConnection(client);
  const ended = Promise.withResolvers<never>();
  const onAbort = () => ended.reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  const timer = setTimeout(
    () => ended.reject(new ConnectionError("the server does not answer to the speed test")),
    durationMs + PATIENCE_MS,
  );
  // Heard by the race below, or by nobody any more.
  ended.promise.catch(() => {});
  try {
    signal.throwIfAborted();
    const body = counterBytes(BODY_BYTES);
    const startedMs = performance.now();
    let requests = 0;
    const send = async () => {
      do {
        await connection.upload("/speedtest", {}, body);
        requests++;
      } while (performance.now() - startedMs < durationMs);
    };
    const sent = Promise.all(Array.from({ length: WINDOW_REQUESTS }, send));
    sent.catch(() => {});
    await Promise.race([sent, ended.promise]);
    const seconds = (performance.now() - startedMs) / 1000;
    const bytes = requests * BODY_BYTES;
    return { bytes, requests, seconds, bytesPerSecond: bytes / seconds };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    await connection.close();
  }
}
