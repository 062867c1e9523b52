import type { AlertOutcome, AlertWhat } from "./alert_event.ts";

const VERSION = 1;
const OUTCOMES: readonly string[] = ["ok", "warnings", "failed"] satisfies AlertOutcome[];
const KINDS: readonly string[] = [
  "backup",
  "prune",
  "gc",
  "verify",
  "sync",
  "job",
  "watch",
  "test",
] satisfies AlertWhat[];

/** The state of a subject for a target. */
export interface StateEntry {
  readonly target: string;
  readonly what: AlertWhat;
  readonly name: string;
  /** When there was an event last, seconds since the epoch. */
  seenAt: number;
  /** The outcome that it heard last, and when. */
  told?: { readonly outcome: AlertOutcome; readonly at: number };
  /** The outcome that is being told, and until when nobody else tells it. */
  claim?: { readonly outcome: AlertOutcome; readonly until: number };
}

/**
 * Reads the text of a state file.
 *
 * @throws {SyntaxError} if it is none.
 */
export function readStateText(text: string): StateEntry[] {
  const value: unknown = JSON.parse(text);
  if (!isObject(value) || value["version"] !== VERSION || !Array.isArray(value["states"])) {
    throw new SyntaxError("it has no states of this version");
  }
  return value["states"].map(readEntry);
}

/** The text of a state file. */
export function stateText(entries: readonly StateEntry[]): string {
  return `${JSON.stringify({ version: VERSION, states: entries })}\n`;
}

function readEntry(value: unknown): StateEntry {
  if (!isObject(value)) throw new SyntaxError("a state is no object");
  const { target, what, name, seenAt, told, claim } = value;
  const isEntry = typeof target === "string" && typeof name === "string" &&
    typeof what === "string" && KINDS.includes(what) && typeof seenAt === "number";
  if (!isEntry) throw new SyntaxError("a state lacks what it is about");
  const entry: StateEntry = { target, what: what as AlertWhat, name, seenAt };
  if (told !== undefined) {
    const { outcome, time } = readMoment(told, "at");
    entry.told = { outcome, at: time };
  }
  if (claim !== undefined) {
    const { outcome, time } = readMoment(claim, "until");
    entry.claim = { outcome, until: time };
  }
  return entry;
}

function readMoment(value: unknown, key: string): { outcome: AlertOutcome; time: number } {
  const outcome = isObject(value) ? value["outcome"] : undefined;
  const time = isObject(value) ? value[key] : undefined;
  if (typeof outcome !== "string" || !OUTCOMES.includes(outcome) || typeof time !== "number") {
    throw new SyntaxError("a state has no outcome and time");
  }
  return { outcome: outcome as AlertOutcome, time };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
