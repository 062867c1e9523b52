import { ConnectionError } from "../../errors/mod.ts";
import type { Duplex } from "../../duplex/mod.ts";
import { Http2Server } from "../../http2/mod.ts";
import type { RequestHandler } from "../../http/mod.ts";
import type { UpgradedConnections } from "../state/mod.ts";
import type { Task } from "../tasks/mod.ts";

/** The largest chunk: a body that has to wait for credit of its own lets others go before it. */
const STREAM_WINDOW_BYTES = 16 * 1024 * 1024 + 64 * 1024;
const MAX_STREAMS = 128;
/** A client that answers no ping while it has requests open is dead. */
const STALL_TIMEOUT_MS = 300_000;
/** A client without open requests is asked so often whether it is there. */
const QUESTION_MS = 15_000;

/**
 * Serves the requests of an upgraded connection until it ends or the task is stopped
 * (spec: protocol.md §4).
 *
 * @param connections Say how far the client may send ahead and how long it is waited for.
 * @returns Why the connection ended, if not in good order, when no request is being worked on any
 * more.
 */
export async function runUpgraded(
  task: Task,
  duplex: Duplex,
  handler: RequestHandler,
  connections: UpgradedConnections,
): Promise<Error | undefined> {
  const running = new Set<Promise<unknown>>();
  using _open = connections.count();
  const { patience, windowBytes } = connections;
  const server = new Http2Server(
    duplex,
    (request) => {
      const answered = Promise.resolve(handler(request));
      running.add(answered);
      const done = () => running.delete(answered);
      answered.then(done, done);
      return answered;
    },
    {
      streamWindowBytes: STREAM_WINDOW_BYTES,
      connectionWindowBytes: windowBytes,
      maxConcurrentStreams: MAX_STREAMS,
      stallTimeoutMs: STALL_TIMEOUT_MS,
      receivePace: patience.receivePace,
      sendPace: patience.sendPace,
    },
  );
  const stop = () => server.abort(new ConnectionError("the task was stopped"));
  task.signal.addEventListener("abort", stop);
  if (task.signal.aborted) stop();
  const stopWatching = watchSilence(server, duplex.peer, patience.silenceMs);
  const reason = await server.closed;
  stopWatching();
  task.signal.removeEventListener("abort", stop);
  while (running.size > 0) await Promise.allSettled(running);
  return reason;
}

/**
 * A connection may be idle for as long as it wants (a mount), but somebody who speaks HTTP/2 has to be
 * at its other end: backups hold locks. Asked often, for a second question breaks a connection whose other
 * end is gone, should the runtime not tell of it; waited for long, for networks have pauses.
 *
 * @returns what ends the watch.
 */
function watchSilence(server: Http2Server, peer: string, silenceMs: number): () => void {
  let askedMs: number | undefined;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    // How fast bodies have to come says something else.
    if (server.openStreams > 0) askedMs = undefined;
    else if (askedMs !== undefined && nowMs - askedMs >= silenceMs) {
      return server.abort(new ConnectionError(`${peer} does not answer`));
    } else askedMs ??= nowMs;
    server.ping().then(() => askedMs = undefined, () => {});
  }, Math.min(silenceMs, QUESTION_MS));
  return () => clearInterval(timer);
}
