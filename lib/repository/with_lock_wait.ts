import { LockedError } from "../errors/mod.ts";
import type { PruneDecision, Repository } from "./repository.ts";
import type { TaskLog } from "./repository_tasks.ts";
import { formatSnapshotPath } from "./snapshot_path.ts";
import { type LockWait, waitForLock } from "./wait_for_lock.ts";
import type { PruneRequest } from "./work_requests.ts";

/**
 * Calls that can be made again when a lock has refused them: each has changed nothing then, or goes
 * on where it stopped (removal of groups and namespaces, moves).
 */
const WAITING = new Set<PropertyKey>(
  [
    "openSnapshot",
    "forgetSnapshot",
    "garbageCollect",
    "uploadLog",
    "writeNotes",
    "setProtected",
    "writeGroupNotes",
    "forgetGroup",
    "changeOwner",
    "deleteNamespace",
    "moveGroup",
    "moveNamespace",
  ] satisfies readonly (keyof Repository)[],
);

/**
 * A repository whose calls wait for locks that others hold, in this program or on a server. Backups
 * do not: their time may have to change meanwhile.
 */
export function withLockWait<R extends Repository>(repository: R, wait: LockWait): R {
  return new Proxy(repository, {
    get(target, key) {
      const value = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      if (key === "prune") {
        return (...args: Parameters<Repository["prune"]>) => prune(target, wait, ...args);
      }
      if (!WAITING.has(key)) return value.bind(target);
      return (...args: unknown[]) =>
        waitForLock(wait, () => value.apply(target, args), args.find(isSignal));
    },
  });
}

function isSignal(value: unknown): value is AbortSignal {
  return value instanceof AbortSignal;
}

/** Prune leaves what it cannot lock: it is done again as long as something is left. */
async function prune(
  repository: Repository,
  wait: LockWait,
  request: PruneRequest,
  log: TaskLog = () => {},
): Promise<PruneDecision[]> {
  let decisions: PruneDecision[] | undefined;
  let lines: string[] = [];
  try {
    await waitForLock(wait, async () => {
      lines = [];
      const latest = await repository.prune(request, (line) => lines.push(line));
      decisions ??= latest;
      const left = request.dryRun ? undefined : await firstLeft(repository, request, latest);
      if (left === undefined) return;
      throw new LockedError(`snapshot "${formatSnapshotPath(left)}" is in use`);
    });
  } catch (error) {
    // As without waiting: what is left was told, and is no failure.
    if (!(error instanceof LockedError) || decisions === undefined) throw error;
  }
  for (const line of lines) log(line);
  return decisions!;
}

async function firstLeft(
  repository: Repository,
  { namespace, group }: PruneRequest,
  decisions: readonly PruneDecision[],
): Promise<PruneDecision | undefined> {
  const removed = decisions.filter(({ keep }) => !keep);
  if (removed.length === 0) return undefined;
  const listed = new Set(
    (await repository.listSnapshots(namespace, group)).map(({ time }) => time),
  );
  return removed.find(({ time }) => listed.has(time));
}
