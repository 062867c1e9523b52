import type { RemoteSession } from "./_remote_session.ts";
import { UpgradedConnection } from "./_upgraded_connection.ts";

/** One request's body, requests under way and duration (spec: protocol.md §5.13). */
const BODY_BYTES = 4 * 1024 * 1024;
const WINDOW_REQUESTS = 16;
const DURATION_MS = 5000;

/** Result of a measured upload. */
export interface SpeedTestResult {
  readonly bytes: number;
  readonly seconds: number;
  readonly bytesPerSecond: number;
}

/**
 * Measures how fast a server takes data; it stores nothing of it.
 *
 * @param durationMs For how long to send.
 */
export async function measureUpload(
  session: RemoteSession,
  durationMs: number = DURATION_MS,
): Promise<SpeedTestResult> {
  const snapshot = { type: "host", id: "benchmark", time: Math.floor(Date.now() / 1000) } as const;
  const client = await session.upgrade("backup", { namespace: "", snapshot }, {
    benchmark: true,
    debug: false,
  });
  const connection = new UpgradedConnection(client);
  try {
    const body = new Uint8Array(BODY_BYTES);
    for (let i = 0; i < body.length; i += 65536) {
      crypto.getRandomValues(body.subarray(i, i + 65536));
    }
    const startedMs = performance.now();
    let bytes = 0;
    const send = async () => {
      do {
        await connection.upload("/speedtest", {}, body);
        bytes += body.length;
      } while (performance.now() - startedMs < durationMs);
    };
    await Promise.all(Array.from({ length: WINDOW_REQUESTS }, send));
    const seconds = (performance.now() - startedMs) / 1000;
    return { bytes, seconds, bytesPerSecond: bytes / seconds };
  } finally {
    await connection.close();
  }
}
