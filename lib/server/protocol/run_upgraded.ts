import { ConnectionError } from "../../errors/mod.ts";
import type { Duplex } from "../../duplex/mod.ts";
import { Http2Server } from "../../http2/mod.ts";
import type { RequestHandler } from "../../http/mod.ts";
import type { UpgradedPatience } from "../state/upgraded_patience.ts";
import type { Task } from "../tasks/task.ts";

/**
 * What the first client may send ahead; those that come while it is there get less and less, and
 * never less than the smallest window. This and the upload budget are what the server's memory consists of.
 */
const FIRST_WINDOW_BYTES = 16 * 1024 * 1024;
const MIN_WINDOW_BYTES = 1 * 1024 * 1024;
/** The largest chunk: a body that has to wait for credit of its own lets others go before it. */
const STREAM_WINDOW_BYTES = 16 * 1024 * 1024 + 64 * 1024;
const MAX_STREAMS = 128;
/** A client that answers no ping while it has requests open is dead. */
const STALL_TIMEOUT_MS = 300_000;

let openConnections = 0;

/**
 * Serves the requests of an upgraded connection until it ends or the task is stopped
 * (spec: protocol.md §4).
 *
 * @param patience How long the client is waited for.
 * @returns Why the connection ended, if not in good order, when no request is being worked on any
 * more.
 */
export async function runUpgraded(
  task: Task,
  duplex: Duplex,
  handler: RequestHandler,
  patience: UpgradedPatience,
): Promise<Error | undefined> {
  const running = new Set<Promise<unknown>>();
  using _open = countConnection();
  const windowBytes = Math.max(FIRST_WINDOW_BYTES / openConnections ** 2, MIN_WINDOW_BYTES);
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

/** Counts a connection until the result is disposed. */
function countConnection(): Disposable {
  openConnections++;
  return { [Symbol.dispose]: () => void openConnections-- };
}

/**
 * A connection may be idle for as long as it wants (a mount), but somebody who speaks HTTP/2 has to be
 * at its other end: backups hold locks. @returns what ends the watch.
 */
function watchSilence(server: Http2Server, peer: string, silenceMs: number): () => void {
  let isAsked = false;
  const timer = setInterval(() => {
    if (server.openStreams > 0) return;
    if (isAsked) return server.abort(new ConnectionError(`${peer} does not answer`));
    isAsked = true;
    server.ping().then(() => isAsked = false, () => {});
  }, silenceMs);
  return () => clearInterval(timer);
}
