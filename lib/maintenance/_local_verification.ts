import {
  type ChunkChecker,
  ChunkVerification,
  createChunkChecker,
  type Datastore,
  type DatastoreSnapshot,
  readManifest,
  verifiedAt,
  type VerifyPlace,
  verifySnapshots,
} from "../datastore/mod.ts";
import { CancelledError, PbsError } from "../errors/mod.ts";
import { verifyStateOf } from "../manifest/mod.ts";
import { parseUpid } from "../repository/mod.ts";
import type { BadFindings } from "./_bad_findings.ts";
import { sampleChunks, type SampleCounts } from "./_sample_chunks.ts";
import { type SnapshotsInScope, snapshotsInScope } from "./_snapshots_in_scope.ts";
import type { MaintenanceContext, MaintenancePlan } from "./maintenance_plan.ts";
import type { MaintenanceRecord, SampleRound } from "./maintenance_record.ts";
import type { StepOutcome } from "./maintenance_report.ts";

/** Chunk folders, through which samples go round. */
const FOLDERS = 65536;

/** Everything that a verification works with. */
export interface LocalVerificationOptions {
  readonly datastore: Datastore;
  readonly plan: MaintenancePlan;
  readonly context: MaintenanceContext;
  readonly record: MaintenanceRecord;
  /** Grow meanwhile. */
  readonly findings: BadFindings;
  readonly upid: string;
}

/** The verification of a datastore directory: whole snapshots, a sample, or both. */
export class LocalVerification {
  readonly #options: LocalVerificationOptions;
  readonly #counts = { verified: 0, failed: 0, skipped: 0 };
  #left: string[] = [];
  #writing: Promise<void> | undefined;

  constructor(options: LocalVerificationOptions) {
    this.#options = options;
  }

  /** Verifies as long as there is time. */
  async run(): Promise<StepOutcome> {
    const { datastore, plan, context, findings, record } = this.#options;
    const scope = await snapshotsInScope(datastore, plan);
    for (const { fullPath } of scope.knownBad) {
      findings.addProblem(fullPath, "its last verification failed");
    }
    if (plan.dryRun) return this.#foresee(scope);
    const before = findings.count;
    const figures: Record<string, number> = {};
    using checker = createChunkChecker(context.log);
    if (plan.whole !== undefined) {
      await this.#verifyWhole(checker, scope.due);
      Object.assign(figures, { due: scope.due.length, ...this.#counts });
    }
    if (plan.sampleShare !== undefined) {
      Object.assign(figures, await this.#takeSample(checker, scope.all, plan.sampleShare));
    }
    await this.#writing;
    await record.write();
    const outcome = this.#left.length > 0
      ? { state: "interrupted" as const, left: this.#left.join(", ") }
      : {};
    const isBad = this.#counts.failed > 0 || findings.count > before;
    return { figures, ...outcome, ...(isBad ? { state: "failed" as const } : {}) };
  }

  #foresee({ due, all }: SnapshotsInScope): StepOutcome {
    const { plan, context } = this.#options;
    const figures: Record<string, number> = {};
    if (plan.whole !== undefined) {
      for (const { fullPath } of due) context.log(`would verify snapshot "${fullPath}"`);
      figures.due = due.length;
    }
    if (plan.sampleShare !== undefined) {
      const [from, to] = this.#rangeOf(plan.sampleShare);
      figures["sample-snapshots"] = all.length;
      context.log(`would verify ${percent(to - from)}% of the chunks of ${all.length} snapshots`);
    }
    return { figures };
  }

  async #verifyWhole(checker: ChunkChecker, due: readonly DatastoreSnapshot[]): Promise<void> {
    const { datastore, context, findings, record, upid } = this.#options;
    const { log, signal, onProgress } = context;
    const place = await usablePlace(record.memory.place, due);
    // Where one was interrupted, it has begun to wait first.
    const first = due.filter(({ fullPath }) => fullPath === place?.snapshot);
    const ordered = [...first, ...due.filter((each) => !first.includes(each))];
    try {
      await verifySnapshots(datastore, ordered, { namespace: "", ignoreVerified: false }, {
        ...{ upid, checker, log, signal, place },
        ...(onProgress === undefined ? {} : { onProgress }),
        leaveOutUnfinished: true,
        onBadChunk: (chunk) => findings.addChunk(chunk),
        onPlace: (place) => this.#note({ place }),
        onVerdict: ({ snapshot, state, problems }) => {
          this.#counts[state === "ok" ? "verified" : state]++;
          for (const problem of problems) findings.addProblem(snapshot.fullPath, problem);
        },
      });
    } catch (error) {
      if (!(error instanceof CancelledError) || !signal.aborted) throw error;
      const { verified, failed, skipped } = this.#counts;
      const done = verified + failed + skipped;
      this.#left.push(`${due.length - done} of ${due.length} snapshots`);
    }
  }

  /** Changes the record, which is written now and then. */
  #note(
    change: { place: VerifyPlace | undefined } | { samples: Record<string, SampleRound> },
  ): void {
    const { record } = this.#options;
    record.change(change);
    this.#writing ??= record.writeNowAndThen().finally(() => this.#writing = undefined);
    // Whoever awaits it hears of it.
    this.#writing.catch(() => {});
  }

  /** Name of the round of samples: the snapshots that it goes through. */
  get #sampleName(): string {
    const { namespace, maxDepth, owner, filters } = this.#options.plan;
    const texts = filters.map(({ excludes, text }) =>
      `${excludes ? "exclude" : "include"}:${text}`
    );
    return JSON.stringify([namespace, maxDepth ?? null, owner ?? null, ...texts]);
  }

  #rangeOf(share: number): [number, number] {
    const from = this.#options.record.memory.samples[this.#sampleName]?.next ?? 0;
    const size = Math.max(1, Math.ceil(share * FOLDERS));
    return [from, Math.min(from + size, FOLDERS)];
  }

  async #takeSample(
    checker: ChunkChecker,
    snapshots: readonly DatastoreSnapshot[],
    share: number,
  ): Promise<Record<string, number>> {
    const { datastore, context, findings, record } = this.#options;
    const { log, signal } = context;
    const name = this.#sampleName;
    const [from, to] = this.#rangeOf(share);
    const round = record.memory.samples[name] ?? {
      next: 0,
      startedAt: Math.floor(Date.now() / 1000),
      runs: 0,
    };
    const runs = round.runs + 1;
    const setPlace = (folder: number) => {
      const { [name]: _, ...others } = record.memory.samples;
      const isRoundDone = folder >= FOLDERS;
      const mine = isRoundDone ? {} : { [name]: { ...round, next: folder, runs } };
      this.#note({ samples: { ...others, ...mine } });
    };
    log(
      `verifying the chunks whose digests begin with ${hex(from)} to ${hex(to - 1)} ` +
        `(${percent(to - from)}%) of ${snapshots.length} snapshots`,
    );
    const verification = await ChunkVerification.create(datastore, {
      checker,
      log,
      onBad: (chunk) => findings.addChunk(chunk),
    });
    const counts: SampleCounts = { chunks: 0, bytes: 0 };
    let place = from;
    let tenths = 0;
    const tell = (folder: number) => {
      const done = Math.floor((folder - from) * 10 / (to - from));
      if (done > tenths) log(`verified ${done * 10}% of the sample (${counts.chunks} chunks)`);
      tenths = done;
    };
    try {
      await sampleChunks(snapshots, [from, to], counts, {
        ...{ verification, signal },
        onProblem: ({ fullPath }, problem) => {
          log(`snapshot "${fullPath}": ${problem}`, true);
          findings.addProblem(fullPath, problem);
        },
        onUnencrypted: (digest) =>
          findings.addChunk({
            digest,
            problem: "is not encrypted, unlike archives that name it",
            badFor: "encrypted archives",
          }),
        onPlace: (folder) => {
          setPlace(place = folder);
          tell(folder);
        },
      });
    } catch (error) {
      if (!(error instanceof CancelledError) || !signal.aborted) throw error;
      this.#left.push(`${percent(to - place)}% of the chunks`);
    }
    const runsLeft = Math.ceil((FOLDERS - place) / Math.ceil(share * FOLDERS));
    log(`verified ${counts.chunks} chunks, ${counts.bytes} bytes`);
    return {
      "sample-chunks": counts.chunks,
      "sample-bytes": counts.bytes,
      "round-percent": percent(place),
      "round-runs": runs,
      "round-runs-left": runsLeft,
    };
  }
}

/** The place of an earlier verification, unless its snapshot was verified since, or is not due. */
async function usablePlace(
  place: VerifyPlace | undefined,
  due: readonly DatastoreSnapshot[],
): Promise<VerifyPlace | undefined> {
  const snapshot = due.find(({ fullPath }) => fullPath === place?.snapshot);
  if (place === undefined || snapshot === undefined) return undefined;
  try {
    const verified = verifiedAt(verifyStateOf(await readManifest(snapshot))) ?? -Infinity;
    return parseUpid(place.upid).startTime >= verified ? place : undefined;
  } catch (error) {
    if (error instanceof PbsError) return undefined;
    throw error;
  }
}

/** Share of all chunk folders, percent. */
function percent(folders: number): number {
  return Math.round(folders * 10_000 / FOLDERS) / 100;
}

function hex(folder: number): string {
  return folder.toString(16).padStart(4, "0");
}
