import { openIndex, OtherRepository, placeOfSnapshot } from "../elsewhere/mod.ts";
import { CancelledError, describeError, NotFoundError, PbsError } from "../errors/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";
import { formatGroupPath, type PlacedSnapshot, type RepairTarget } from "../repository/mod.ts";
import { ChunkRepair } from "./_chunk_repair.ts";
import { ChunkStates } from "./_chunk_states.ts";
import { rechunkSources } from "./_rechunk_sources.ts";
import type { RepairContext } from "./_repair_context.ts";
import { ServerTarget } from "./_server_target.ts";
import { SnapshotRepair } from "./_snapshot_repair.ts";
import { ChunkCheck, type WantedChunk } from "./chunk_check.ts";
import type {
  RepairObserver,
  RepairReport,
  RepairRequest,
  SnapshotOutcome,
} from "./repair_request.ts";

/** Times that damaged snapshots are looked at again after something more was found for them. */
const MAX_ROUNDS = 3;

/**
 * Finds what is damaged or missing in a repository, takes it from other repositories and from sources,
 * and says which snapshots are whole again and what is lost.
 *
 * Each snapshot is read back as by a verification; what is bad is taken from the same snapshot
 * elsewhere at once. What is still bad then is looked for in all snapshots of the others, and in archives
 * that are made of the sources once more. Everything that was put in place is read back. Ended at any
 * moment, it can be begun again.
 *
 * @throws {NotFoundError} if there is no such group or snapshot.
 * @throws {CancelledError} if the signal ended it; what was repaired stays.
 */
export async function runRepair(
  request: RepairRequest,
  observer: RepairObserver,
): Promise<RepairReport> {
  try {
    return await repair(request, observer);
  } catch (error) {
    if (!request.signal.aborted) throw error;
    throw new CancelledError("the repair was interrupted, what it has repaired stays", {
      cause: error,
    });
  }
}

async function repair(request: RepairRequest, observer: RepairObserver): Promise<RepairReport> {
  const started = performance.now();
  using check = new ChunkCheck(request.crypt);
  await using target: RepairTarget =
    request.repository.beginRepair?.((line) => observer.log("info", line)) ??
      new ServerTarget(request.repository, observer, request.signal);
  const context: RepairContext = {
    request,
    observer,
    target,
    check,
    states: new ChunkStates(),
    others: request.others.map((each) =>
      new OtherRepository(each, (line) => observer.log("warn", line))
    ),
    counters: { chunksRepaired: 0, chunksUnproven: 0, bytesRepaired: 0 },
    healable: new Map(),
    rebuilt: new Map(),
    wantedFiles: new Set(),
  };
  const snapshots = { whole: 0, repaired: 0, damaged: 0, unfinished: 0, skipped: 0 };
  const done = (outcome: SnapshotOutcome) => {
    snapshots[outcome.state]++;
    observer.progress.snapshotsDone++;
    observer.snapshotDone(outcome);
  };
  const candidates = await target.list(request.range);
  const { group } = request.range;
  if (group !== undefined && candidates.length === 0) {
    throw new NotFoundError(`there is no snapshot to repair in ${formatGroupPath(group)}`);
  }
  observer.progress.snapshotsTotal = candidates.length;
  let open: SnapshotRepair[] = [];
  for (const candidate of candidates) {
    const each = new SnapshotRepair(context, candidate);
    const outcome = await each.run(false);
    if (outcome === undefined) open.push(each);
    else done(outcome);
  }
  for (let round = 1; open.length > 0; round++) {
    const isLast = !await lookElsewhere(context, open) || round === MAX_ROUNDS;
    const left: SnapshotRepair[] = [];
    for (const each of open) {
      const outcome = await each.run(isLast);
      if (outcome === undefined) left.push(each);
      else done(outcome);
    }
    open = left;
  }
  return {
    snapshots,
    ...context.counters,
    chunksLost: context.states.badCount,
    durationMs: performance.now() - started,
  };
}

/** Looks where the same snapshots could not help. @returns Whether anything was found. */
async function lookElsewhere(
  context: RepairContext,
  open: readonly SnapshotRepair[],
): Promise<boolean> {
  const { counters, rebuilt, request, states, wantedFiles } = context;
  const chunks = new ChunkRepair(context);
  const before = [counters.chunksRepaired, rebuilt.size];
  const [first] = open as [SnapshotRepair, ...SnapshotRepair[]];
  for (const other of context.others) {
    if (other.chunks === undefined && states.badCount > 0) {
      await searchSnapshots(context, chunks, other, first.candidate);
    }
  }
  if (request.sources.length > 0 && states.badCount + wantedFiles.size > 0) {
    const broken = open.flatMap((each) => each.brokenFiles);
    try {
      await rechunkSources(context, chunks, first.candidate, broken);
    } catch (error) {
      // What is lost is to be told all the same.
      if (!(error instanceof PbsError) || request.signal.aborted) throw error;
      const [reason] = describeError(error);
      context.observer.log("error", `the sources could not be read to their end: ${reason}`);
    }
  }
  return before[0] !== counters.chunksRepaired || before[1] !== rebuilt.size;
}

/** Looks through all snapshots of a server for chunks that are still bad. */
async function searchSnapshots(
  { observer, request, states, target }: RepairContext,
  chunks: ChunkRepair,
  other: OtherRepository,
  placed: PlacedSnapshot,
): Promise<void> {
  observer.log("info", `looking for ${states.badCount} chunks in all snapshots of ${other.name}`);
  using _hold = request.dryRun ? undefined : await target.hold(request.signal);
  for await (const snapshot of other.snapshots()) {
    request.signal.throwIfAborted();
    if (states.badCount === 0) return;
    await using copy = await other.open(snapshot);
    if (copy === undefined) continue;
    for (const { filename } of copy.manifest.files) {
      if (!/\.[fd]idx$/.test(filename)) continue;
      const index = await copy.source.readFile(filename)
        .then((bytes) => openIndex(bytes, filename))
        .catch((error) => {
          observer.log("debug", `${copy.name}: ${error}`);
          return undefined;
        });
      if (index === undefined) continue;
      const place = placeOfSnapshot(copy.name, copy.source);
      await chunks.heal(placed, badIn(index, states), [place]);
    }
  }
}

function* badIn(index: ChunkIndex, states: ChunkStates): Generator<WantedChunk> {
  for (let i = 0; i < index.chunkCount; i++) {
    const wanted = states.wanted(index.digestAt(i));
    if (wanted !== undefined) yield wanted;
  }
}
