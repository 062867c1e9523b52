import { trimText } from "../bytes/mod.ts";
import { formatUpid } from "../repository/mod.ts";

/** Of the process: its number and the process's id are what sets a task apart from all others. */
let taskCount = 0;

/**
 * A task identifier for work that this process does without a server.
 *
 * @param workerType Such as `verify`.
 * @param authId Who started it.
 */
export function localUpid(workerType: string, workerId: string, authId = "root@pam"): string {
  const host = trimText(Deno.hostname().split(".")[0]!.replaceAll(/[^A-Za-z0-9-]/g, ""), "-");
  return formatUpid({
    node: host || "localhost",
    pid: Deno.pid,
    pstart: 0,
    taskId: taskCount++,
    startTime: Math.floor(Date.now() / 1000),
    workerType,
    workerId,
    authId,
  });
}
