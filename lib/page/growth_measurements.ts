import { CorruptDataError } from "../errors/mod.ts";
import {
  formatSnapshotPath,
  isFinished,
  type Repository,
  type SnapshotInfo,
} from "../repository/mod.ts";
import { GrowthTally, type PlacedSnapshot } from "../usage/mod.ts";
import type { PageGrowth } from "./page_api.ts";
import type { PageCaller } from "./page_source.ts";

/** Points of a plot: more than a screen has columns for a line. */
const MAX_POINTS = 300;
/** Measurements that are kept, and what each may take: 24 bytes for a chunk. */
const MAX_KEPT = 4;
const MAX_CHUNKS = 400_000;
/** Time of one request: the next one goes on. */
const PATIENCE_MS = 1000;
const TOO_LARGE = "There is too much to count the different chunks here; " +
  '"pbs-client stats" does it.';
const TOO_FAR = "The different chunks are only counted where the datastore is.";
const NOT_ALLOWED = "Whoever may not read contents is not told what they have in common.";

type PlacedInfo = SnapshotInfo & PlacedSnapshot;

interface Measurement {
  readonly session: string;
  tally: GrowthTally;
  /** The snapshots that were added, in order. */
  names: string[];
  /** Bytes of different chunks after each of them. */
  distinct: number[];
  /** Why there is nothing to be added any more. */
  problem: string | undefined;
  isBusy: boolean;
}

/**
 * How datastores grow, by sizes and indexes of the snapshots that are there. Indexes are read some at
 * each request, with the rights of who asks; what was read is not read again.
 */
export class GrowthMeasurements {
  /** By session and datastore, the one used last at the end. */
  readonly #kept = new Map<string, Measurement>();

  /** `growth`: what is known now of a datastore, and a bit more. */
  async measure(caller: PageCaller, store: string, signal: AbortSignal): Promise<PageGrowth> {
    const access = await caller.source.access(store);
    const { repository, indexes } = access;
    const snapshots = await listAll(repository);
    const granted = await access.privileges("");
    const mayRead = granted === undefined || granted.has("Datastore.Read");
    if (indexes === undefined || !mayRead) {
      const notMeasured = mayRead ? TOO_FAR : NOT_ALLOWED;
      return { points: pointsOf(snapshots, []), isMeasuring: false, notMeasured };
    }
    const measurement = this.#measurementOf(caller.sessionKey, store);
    if (!measurement.isBusy) await goOn(measurement, snapshots, indexes, signal);
    const { distinct, problem } = measurement;
    return {
      points: pointsOf(snapshots, distinct),
      isMeasuring: problem === undefined && distinct.length < snapshots.length,
      ...(problem === undefined ? {} : { notMeasured: problem }),
    };
  }

  /** Forgets what a session has measured. */
  endSession(sessionKey: string): void {
    for (const [key, { session }] of this.#kept) {
      if (session === sessionKey) this.#kept.delete(key);
    }
  }

  #measurementOf(session: string, store: string): Measurement {
    const key = `${session}\0${store}`;
    const kept = this.#kept.get(key) ?? newMeasurement(session);
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT) this.#kept.delete(oldest!);
    return kept;
  }
}

function newMeasurement(session: string): Measurement {
  return {
    session,
    tally: new GrowthTally(MAX_CHUNKS),
    names: [],
    distinct: [],
    problem: undefined,
    isBusy: false,
  };
}

/** All finished snapshots in order of time. */
async function listAll(repository: Repository): Promise<PlacedInfo[]> {
  const snapshots: PlacedInfo[] = [];
  for (const { namespace } of await repository.listNamespaces("")) {
    const listed = await repository.listSnapshots(namespace);
    snapshots.push(...listed.filter(isFinished).map((info) => ({ ...info, namespace })));
  }
  return snapshots.sort((a, b) => a.time - b.time);
}

async function goOn(
  measurement: Measurement,
  snapshots: readonly PlacedInfo[],
  indexes: Pick<Repository, "openSnapshot">,
  signal: AbortSignal,
): Promise<void> {
  const names = snapshots.map((info) => `${info.namespace}\0${formatSnapshotPath(info)}`);
  if (measurement.names.some((name, i) => name !== names[i])) {
    // Something has gone, or was added in between: sums of what was are of no use.
    Object.assign(measurement, newMeasurement(measurement.session));
  }
  const deadlineMs = performance.now() + PATIENCE_MS;
  measurement.isBusy = true;
  try {
    while (measurement.names.length < names.length && measurement.problem === undefined) {
      if (signal.aborted || performance.now() > deadlineMs) return;
      const at = measurement.names.length;
      const { type, id, time, namespace, size = 0 } = snapshots[at]!;
      const hadRoom = await measurement.tally.add(indexes, { type, id, time, namespace }, size);
      if (!hadRoom) measurement.problem = TOO_LARGE;
      if (!hadRoom) return;
      measurement.names.push(names[at]!);
      measurement.distinct.push(measurement.tally.distinctBytes);
    }
  } catch (error) {
    // All sums after it would be wrong.
    if (!(error instanceof CorruptDataError)) throw error;
    measurement.problem = error.message;
  } finally {
    measurement.isBusy = false;
  }
}

function pointsOf(
  snapshots: readonly SnapshotInfo[],
  distinct: readonly number[],
): PageGrowth["points"] {
  let logicalBytes = 0;
  const points = snapshots.map(({ time, size = 0 }, i) => {
    logicalBytes += size;
    const distinctBytes = distinct[i];
    return {
      time,
      snapshots: i + 1,
      logicalBytes,
      ...(distinctBytes === undefined ? {} : { distinctBytes }),
    };
  });
  const step = Math.max(1, points.length / MAX_POINTS);
  // The last one of each step, so that the last of all is there.
  return points.filter((_, i) => Math.floor((i + 1) / step) > Math.floor(i / step));
}
