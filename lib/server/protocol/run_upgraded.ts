import { ConnectionError } from "../../errors/mod.ts";
import { type Duplex, Http2Server, type RequestHandler } from "../../http/mod.ts";
import type { Task } from "../tasks/task.ts";

/**
 * What a client may send ahead, on one stream and on all of a connection. With eight backups at once
 * this and the upload budget are what the server's memory consists of (docs/server.md).
 */
const WINDOW_BYTES = 8 * 1024 * 1024;
const MAX_STREAMS = 128;
/** A client that answers no ping while it has requests open is dead. */
const STALL_TIMEOUT_MS = 300_000;

/**
 * Serves the requests of an upgraded connection until it ends or the task is stopped
 * (spec: protocol.md §4).
 *
 * @returns Why the connection ended, if not in good order, when no request is being worked on any
 * more.
 */
export async function runUpgraded(
  task: Task,
  duplex: Duplex,
  handler: RequestHandler,
): Promise<Error | undefined> {
  const running = new Set<Promise<unknown>>();
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
      streamWindowBytes: WINDOW_BYTES,
      connectionWindowBytes: WINDOW_BYTES,
      maxConcurrentStreams: MAX_STREAMS,
      stallTimeoutMs: STALL_TIMEOUT_MS,
    },
  );
  const stop = () => server.abort(new ConnectionError("the task was stopped"));
  task.signal.addEventListener("abort", stop);
  if (task.signal.aborted) stop();
  const reason = await server.closed;
  task.signal.removeEventListener("abort", stop);
  while (running.size > 0) await Promise.allSettled(running);
  return reason;
}
