import { parseByteSize } from "../../bytes/mod.ts";
import { LocalRepository } from "../../datastore/mod.ts";
import type { RateLimit } from "../../duplex/mod.ts";
import { PbsError } from "../../errors/mod.ts";
import { parseGroupFilter } from "../../filters/mod.ts";
import type { Repository } from "../../repository/mod.ts";
import { placeName, runSync, type SyncOutcome, type SyncRequest } from "../../sync/mod.ts";
import { JOB_OWNER, type JobProperties, type SyncPlaces, syncPlaces } from "../jobs/mod.ts";
import { openRemote, type RemoteLimits } from "../remotes/mod.ts";
import type { Task } from "../tasks/mod.ts";
import type { JobHost } from "./job_host.ts";

/** A pull or a push. */
export interface SyncWork {
  /** Properties as a sync job has them. */
  readonly properties: JobProperties;
  /** Whose groups of this server alone are pushed. */
  readonly sourceOwner?: string | undefined;
}

/** Source and target of a sync, to be closed with it. */
interface SyncEnds {
  readonly ends: Pick<SyncRequest, "source" | "target" | "ownerFor" | "ownerOfNew">;
  readonly opened: AsyncDisposableStack;
}

/**
 * Pulls or pushes snapshots as part of a task.
 *
 * @throws {PbsError} if anything failed; the log names it.
 * @throws {CancelledError} if the task was asked to stop.
 */
export async function synchronize(
  host: Pick<JobHost, "jobs" | "datastore">,
  { properties, sourceOwner }: SyncWork,
  { log, signal }: Pick<Task, "log" | "signal">,
): Promise<void> {
  const places = syncPlaces({ properties });
  const { ends, opened } = await openEnds(host, places, properties);
  await using _opened = opened;
  const isPull = places.direction === "pull";
  const flag = (name: string) => properties[name] === true;
  log(`sync ${describeEnd(places, isPull)} to ${describeEnd(places, !isPull)}`);
  const report = await runSync({
    ...ends,
    sourceNamespace: isPull ? places.remoteNamespace : places.namespace,
    targetNamespace: isPull ? places.namespace : places.remoteNamespace,
    maxDepth: properties["max-depth"] as number | undefined,
    filters: (properties["group-filter"] as readonly string[] | undefined ?? [])
      .map(parseGroupFilter),
    sourceOwner,
    transferLast: properties["transfer-last"] as number | undefined,
    encryptedOnly: flag("encrypted-only"),
    verifiedOnly: flag("verified-only"),
    resyncCorrupt: flag("resync-corrupt"),
    removeVanished: places.removeVanished,
    workers: properties["worker-threads"] as number | undefined ?? 1,
    dryRun: false,
    signal,
  }, {
    progress: { bytesDone: 0, bytesMoved: 0, chunksMoved: 0, chunksReused: 0, bytesReused: 0 },
    log: (level, line) => {
      if (level === "warn") log(`WARN: ${line}`, true);
      else if (level !== "debug") log(line, level === "error");
    },
    begin: (place) => log(`copying ${placeName(place)}`),
    done: (outcome) => logOutcome(outcome, log),
  });
  log(
    `${report.groups} groups in ${report.namespaces} namespaces, ` +
      `${report.snapshotsCopied} snapshots copied, ${report.snapshotsResynced} fetched again, ` +
      `${report.snapshotsRemoved} removed, ${report.snapshotsKept} protected`,
  );
  log(
    `${report.bytesMoved} bytes in ${report.chunksMoved} chunks moved, ` +
      `${report.chunksReused} places of chunks were there`,
  );
  if (report.failed > 0) {
    throw new PbsError(`sync failed with some errors: ${report.failed}, see the log`);
  }
}

function logOutcome(outcome: SyncOutcome, log: Task["log"]): void {
  const { action, sizeBytes, reason, isCorrupt = false } = outcome;
  const name = placeName(outcome);
  switch (action) {
    case "copy":
      return log(`copied ${name} (${sizeBytes} bytes)`);
    case "resync":
      return log(`${name} is whole again`);
    case "remove":
      return log(`removed ${name}: it has vanished from the source`);
    case "keep":
      return log(`kept ${name}, which has vanished from the source: ${reason}`);
    case "leave-out":
      return isCorrupt
        ? log(`WARN: left out ${name}: ${reason}`, true)
        : log(`left out ${name}: ${reason}`);
    case "fail":
      return log(`ERROR: ${name}: ${reason}`, true);
  }
}

function describeEnd(
  { store, namespace, remote, remoteStore, remoteNamespace }: SyncPlaces,
  isOther: boolean,
): string {
  const [name, ns] = isOther ? [remoteStore, remoteNamespace] : [store, namespace];
  const where = isOther && remote !== undefined ? ` of remote '${remote}'` : "";
  return `datastore '${name}'${ns === "" ? "" : `, namespace '${ns}',`}${where}`;
}

async function openEnds(
  host: Pick<JobHost, "jobs" | "datastore">,
  places: SyncPlaces,
  properties: JobProperties,
): Promise<SyncEnds> {
  const { store, remote, remoteStore } = places;
  const owner = places.owner ?? JOB_OWNER;
  await using opened = new AsyncDisposableStack();
  const openOther = async (): Promise<{ repository: Repository; authId: string }> => {
    if (remote === undefined) {
      const other = host.datastore(remoteStore, "read").datastore;
      return { repository: new LocalRepository(other), authId: owner };
    }
    const config = await host.jobs.remotes.find(remote);
    const limits = limitsOf(properties);
    const repository = opened.use(await openRemote(config, remoteStore, limits));
    return { repository, authId: config.authId };
  };
  if (places.direction === "pull") {
    const target = new LocalRepository(host.datastore(store, "write").datastore, { owner });
    const { repository: source } = await openOther();
    const ends = { source, target, ownerFor: () => owner, ownerOfNew: owner };
    return { ends, opened: opened.move() };
  }
  const source = new LocalRepository(host.datastore(store, "read").datastore);
  const { repository: target, authId } = await openOther();
  const ends = { source, target, ownerFor: () => authId, ownerOfNew: authId };
  return { ends, opened: opened.move() };
}

function limitsOf(properties: JobProperties): RemoteLimits {
  return { incoming: limitOf(properties, "in"), outgoing: limitOf(properties, "out") };
}

function limitOf(properties: JobProperties, direction: "in" | "out"): RateLimit | undefined {
  const bytes = (name: string) => {
    const text = properties[`${name}-${direction}`] as string | undefined;
    const size = text === undefined ? undefined : parseByteSize(text);
    return typeof size === "number" ? size : undefined;
  };
  const [rateBytesPerSecond, burstBytes] = [bytes("rate"), bytes("burst")];
  if (rateBytesPerSecond === undefined) return undefined;
  return { rateBytesPerSecond, ...burstBytes === undefined ? {} : { burstBytes } };
}
