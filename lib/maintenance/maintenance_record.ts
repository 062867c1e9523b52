import { type Datastore, MAINTENANCE_FOLDER, type VerifyPlace } from "../datastore/mod.ts";
import { CorruptDataError, NotFoundError } from "../errors/mod.ts";
import { unlessFull } from "./_unless_full.ts";
import type { StepName } from "./maintenance_plan.ts";

const FILE = "record.json";
const VERSION = 1;
/** Chunk folders that there are: a round of samples ends behind the last one. */
const FOLDERS = 65536;
/** How often the place of a verification is written, milliseconds. */
const WRITE_EVERY_MS = 30_000;

/** Round of samples through all chunks. */
export interface SampleRound {
  /** Chunk folder in which the next sample begins. */
  readonly next: number;
  /** Seconds since the epoch. */
  readonly startedAt: number;
  /** Samples so far. */
  readonly runs: number;
}

/** Memory of the maintenance of a datastore. */
export interface MaintenanceMemory {
  /** Steps of the last run that were begun or left, and not done; empty if it was complete. */
  readonly unfinished: readonly StepName[];
  /** When each step was last worked on, seconds since the epoch. */
  readonly served: Readonly<Partial<Record<StepName, number>>>;
  /** Rounds of samples, by what they go through. */
  readonly samples: Readonly<Record<string, SampleRound>>;
  /** Place where the verification of a snapshot was interrupted. */
  readonly place?: VerifyPlace | undefined;
}

const EMPTY: MaintenanceMemory = { unfinished: [], served: {}, samples: {} };

/** The file of a datastore with the memory of its maintenance. */
export class MaintenanceRecord {
  #memory: MaintenanceMemory;
  #writtenMs = performance.now();

  private constructor(private readonly datastore: Datastore, memory: MaintenanceMemory) {
    this.#memory = memory;
  }

  /** Reads it; one that is missing or damaged is empty: what it knew is done again. */
  static async read(datastore: Datastore): Promise<MaintenanceRecord> {
    let memory = EMPTY;
    try {
      const bytes = await datastore.files.read(`${MAINTENANCE_FOLDER}/${FILE}`);
      memory = parseMaintenanceMemory(new TextDecoder().decode(bytes));
    } catch (error) {
      if (!(error instanceof NotFoundError || error instanceof CorruptDataError)) throw error;
    }
    return new MaintenanceRecord(datastore, memory);
  }

  /** Contents as they are now. */
  get memory(): MaintenanceMemory {
    return this.#memory;
  }

  /** Changes the contents, which {@linkcode write} writes. */
  change(change: Partial<MaintenanceMemory>): void {
    this.#memory = { ...this.#memory, ...change };
  }

  /** Writes it if that was not done for a while. */
  async writeNowAndThen(): Promise<void> {
    if (performance.now() - this.#writtenMs >= WRITE_EVERY_MS) await this.write();
  }

  /** Writes it. */
  async write(): Promise<void> {
    this.#writtenMs = performance.now();
    const text = JSON.stringify({ version: VERSION, ...this.#memory });
    const bytes = new TextEncoder().encode(text);
    await unlessFull(() => this.datastore.files.replace(`${MAINTENANCE_FOLDER}/${FILE}`, bytes));
  }
}

/** Reads the text of the file. @throws {CorruptDataError} if it is none, or of another version. */
export function parseMaintenanceMemory(text: string): MaintenanceMemory {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CorruptDataError(`"${FILE}" is damaged: not valid JSON`, { cause });
  }
  if (!isRecord(value) || value.version !== VERSION) {
    throw new CorruptDataError(`"${FILE}" is damaged, or of another version`);
  }
  const { unfinished, served, samples, place } = value;
  if (
    !Array.isArray(unfinished) || !unfinished.every(isStep) || !isRecord(served) ||
    !Object.entries(served).every(([step, time]) => isStep(step) && isCount(time)) ||
    !isRecord(samples) || !Object.values(samples).every(isRound) ||
    (place !== undefined && !isPlace(place))
  ) throw new CorruptDataError(`"${FILE}" is damaged`);
  return {
    unfinished,
    served,
    samples: samples as Record<string, SampleRound>,
    ...(place === undefined ? {} : { place }),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStep(value: unknown): value is StepName {
  return value === "prune" || value === "garbage-collection" || value === "verify";
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRound(value: unknown): value is SampleRound {
  return isRecord(value) && isCount(value.next) && value.next < FOLDERS &&
    isCount(value.startedAt) && isCount(value.runs);
}

function isPlace(value: unknown): value is VerifyPlace {
  return isRecord(value) && typeof value.snapshot === "string" && typeof value.upid === "string" &&
    typeof value.file === "string" && typeof value.checksum === "string" && isCount(value.next) &&
    Array.isArray(value.problems) && value.problems.every((line) => typeof line === "string");
}
