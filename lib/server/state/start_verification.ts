import { isOwner, readOwner, verify } from "../../datastore/mod.ts";
import { PbsError } from "../../errors/mod.ts";
import { formatGroupPath, type VerifyRequest } from "../../repository/mod.ts";
import type { StartedTask, TaskRegistry } from "../tasks/mod.ts";
import { createChunkChecker } from "./create_chunk_checker.ts";
import type { OfferedDatastore } from "./offered_datastores.ts";

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
  /** First line of the log. */
  readonly introduction?: string | undefined;
}

/** A server, or what stands in for one, as far as a verification needs it. */
export interface VerificationHost {
  readonly tasks: TaskRegistry;
  /** Finds a datastore. */
  datastore(name: string, use: "write"): OfferedDatastore;
}

/** Starts a verification as a task. */
export function startVerification(
  state: VerificationHost,
  authId: string,
  store: string,
  request: VerifyRequest,
  { named, maxDepth, ownOnly, introduction }: VerificationOptions = {},
): StartedTask {
  const { datastore } = state.datastore(store, "write");
  const { group, time = 0 } = request;
  const automatic = {
    workerType: "verify",
    workerId: group ? `${store}:${formatGroupPath(group)}/${formatTimeHex(time)}` : store,
  };
  return state.tasks.start({ ...named ?? automatic, authId }, async (task) => {
    const { log, signal } = task;
    if (introduction !== undefined) log(introduction);
    using checker = createChunkChecker(log);
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
