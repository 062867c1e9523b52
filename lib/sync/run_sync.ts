import { CancelledError, UsageError } from "../errors/mod.ts";
import { passesFilters } from "../filters/mod.ts";
import {
  formatGroupPath,
  type GroupInfo,
  namespaceComponents,
  type Repository,
} from "../repository/mod.ts";
import { ensureNamespace } from "../transfer/mod.ts";
import { mapNamespace } from "./_place.ts";
import { syncGroup } from "./_sync_group.ts";
import { SyncRun } from "./_sync_run.ts";
import { removeNamespace, removeVanishedGroups } from "./_vanished.ts";
import type { SyncObserver, SyncReport, SyncRequest } from "./sync_request.ts";

/**
 * Makes a target equal to a source, as far as a request says. Ended at any moment, it can be begun again:
 * what is there is not moved anew.
 *
 * @throws {UsageError} if source and target overlap.
 * @throws {NotFoundError} if the source has no such namespace.
 * @throws {CancelledError} if the signal ended it; what was copied stays.
 */
export async function runSync(request: SyncRequest, observer: SyncObserver): Promise<SyncReport> {
  refuseOverlap(request);
  const run = new SyncRun(request, observer);
  try {
    await syncNamespaces(run);
  } catch (error) {
    if (!request.signal.aborted) throw error;
    throw new CancelledError("the sync was interrupted, what it has copied stays", {
      cause: error,
    });
  }
  return { ...run.counts, ...observer.progress };
}

async function syncNamespaces(run: SyncRun): Promise<void> {
  const { source, target, sourceNamespace, targetNamespace, maxDepth } = run.request;
  const listed = (await source.listNamespaces(sourceNamespace, maxDepth))
    .map(({ namespace }) => namespace);
  const known = new Set((await target.listNamespaces("")).map(({ namespace }) => namespace));
  const mapped = new Set<string>();
  for (const namespace of listed) {
    const to = mapNamespace(namespace, sourceNamespace, targetNamespace);
    mapped.add(to);
    await run.attempt({ namespace: to }, async () => {
      namespaceComponents(to);
      const isThere = to === "" || known.has(to);
      if (!isThere && !run.request.dryRun) {
        if (await ensureNamespace(target, to)) {
          run.observer.log("info", `created namespace "${to}"`);
        }
      }
      run.counts.namespaces++;
      await syncNamespace(run, namespace, to, isThere);
    });
  }
  if (run.request.removeVanished && (targetNamespace === "" || known.has(targetNamespace))) {
    await removeNamespaces(run, known, mapped);
  }
}

async function syncNamespace(
  run: SyncRun,
  from: string,
  to: string,
  isThere: boolean,
): Promise<void> {
  const { request } = run;
  const { source, target, filters, sourceOwner } = request;
  const groups = await source.listGroups(from);
  const existing = new Map<string, GroupInfo>(
    isThere || !request.dryRun
      ? (await target.listGroups(to)).map((info) => [formatGroupPath(info), info])
      : [],
  );
  const meant = groups.filter((group) =>
    passesFilters(group, filters) &&
    (sourceOwner === undefined || ownedBy(group, sourceOwner))
  );
  run.counts.groups += meant.length;
  await inParallel(meant, request.workers, async ({ type, id, owner }) => {
    await syncGroup(run, {
      group: { type, id },
      sourceNamespace: from,
      targetNamespace: to,
      sourceOwner: owner,
      existing: existing.get(formatGroupPath({ type, id })),
    });
  });
  if (!request.removeVanished || existing.size === 0) return;
  if (sourceOwner !== undefined || !await seesAll(source, from)) {
    run.observer.log(
      "warn",
      `groups of namespace "${from}" that have vanished are not removed: only groups of one ` +
        `owner are seen in ${source.displayName}`,
    );
    return;
  }
  const there = new Set(groups.map(formatGroupPath));
  await removeVanishedGroups(run, { sourceNamespace: from, targetNamespace: to }, there);
}

function ownedBy({ owner }: GroupInfo, authId: string): boolean {
  return owner === authId || owner?.startsWith(`${authId}!`) === true;
}

/** Whether what is not listed is not there: others see only what is theirs. */
async function seesAll(source: Repository, namespace: string): Promise<boolean> {
  const privileges = await source.privileges?.(namespace);
  return privileges === undefined || privileges.has("Datastore.Audit");
}

/** Removes namespaces that are no longer in the source, the deepest first. */
async function removeNamespaces(
  run: SyncRun,
  known: ReadonlySet<string>,
  mapped: ReadonlySet<string>,
): Promise<void> {
  const { source, sourceNamespace, targetNamespace, maxDepth, sourceOwner } = run.request;
  const depthOf = (namespace: string) => namespaceComponents(namespace).length;
  const root = depthOf(targetNamespace);
  const vanished = [...known].filter((namespace) =>
    (targetNamespace === "" ? namespace !== "" : namespace.startsWith(`${targetNamespace}/`)) &&
    !mapped.has(namespace) &&
    (maxDepth === undefined || depthOf(namespace) - root <= maxDepth)
  );
  for (const namespace of vanished.toSorted((a, b) => depthOf(b) - depthOf(a))) {
    const from = mapNamespace(namespace, targetNamespace, sourceNamespace);
    if (sourceOwner !== undefined || !await seesAll(source, from)) {
      run.observer.log(
        "warn",
        `namespace "${namespace}" is not removed: ${source.displayName} may have it unseen`,
      );
      continue;
    }
    await removeNamespace(run, namespace);
  }
}

/** Does something with each of the items, so many at a time. @throws The first failure. */
async function inParallel<T>(
  items: readonly T[],
  workers: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const ends = await Promise.allSettled(Array.from({ length: workers }, async () => {
    for (const item of queue) await work(item);
  }));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** @throws {UsageError} if copies would be copied, or what they are made from removed. */
function refuseOverlap(request: SyncRequest): void {
  const { source, target, sourceNamespace: from, targetNamespace: to, maxDepth } = request;
  if (source.displayName !== target.displayName) return;
  const depth = namespaceComponents(to).length - namespaceComponents(from).length;
  const isReached = isWithin(to, from) && (maxDepth === undefined || depth <= maxDepth);
  if (isReached || request.removeVanished && isWithin(from, to)) {
    throw new UsageError(
      `source and target of the sync overlap: namespace "${from}" and namespace "${to}" ` +
        `of ${source.displayName}`,
    );
  }
}

/** Whether a namespace is another one, or below it. */
function isWithin(namespace: string, other: string): boolean {
  return other === "" || namespace === other || namespace.startsWith(`${other}/`);
}
