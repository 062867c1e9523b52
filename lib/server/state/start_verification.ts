import { isOwner, readOwner, verify } from "../../datastore/mod.ts";
import { PbsError } from "../../errors/mod.ts";
import { formatGroupPath, type VerifyRequest } from "../../repository/mod.ts";
import type { StartedTask } from "../tasks/mod.ts";
import type { ServerState } from "./server_state.ts";

/** Type and id of a verification task that a client asked for (spec: protocol.md §3.5). */
export function verificationTask(
  store: string,
  { namespace, group, time }: VerifyRequest,
): { workerType: string; workerId: string } {
  const path = namespace.split("/").filter((name) => name !== "").map((name) => `ns/${name}`)
    .join("/");
  if (group === undefined) {
    return { workerType: "verify", workerId: path === "" ? store : `${store}:${path}` };
  }
  const workerId = `${store}:${path}/${formatGroupPath(group)}`;
  return time === undefined
    ? { workerType: "verify_group", workerId }
    : { workerType: "verify_snapshot", workerId: `${workerId}/${formatTimeHex(time)}` };
}

/** How to verify besides what is to be verified. */
export interface VerificationOptions {
  /** Type and id; those of a new backup's automatic verification if absent. */
  readonly named?: { readonly workerType: string; readonly workerId: string };
  /** Levels of namespaces. */
  readonly maxDepth?: number | undefined;
  /** Only groups that the one who asks owns. */
  readonly ownOnly?: boolean;
}

/** Starts a verification as a task. */
export function startVerification(
  state: ServerState,
  authId: string,
  store: string,
  request: VerifyRequest,
  { named, maxDepth, ownOnly }: VerificationOptions = {},
): StartedTask {
  const { datastore } = state.datastore(store, "write");
  const { group, time = 0 } = request;
  const automatic = {
    workerType: "verify",
    workerId: group ? `${store}:${formatGroupPath(group)}/${formatTimeHex(time)}` : store,
  };
  return state.tasks.start({ ...named ?? automatic, authId }, async (task) => {
    const { log, signal } = task;
    using checker = state.createChunkChecker(log);
    const { ok } = await verify(datastore, request, {
      upid: task.id,
      checker,
      log,
      signal,
      maxDepth,
      accepts: !ownOnly ? undefined : async (group) => {
        const owner = await readOwner(group);
        return owner !== undefined && isOwner(owner, authId);
      },
    });
    if (!ok) throw new PbsError("verification failed - please check the log for details");
  });
}

function formatTimeHex(time: number): string {
  return time.toString(16).toUpperCase().padStart(8, "0");
}
