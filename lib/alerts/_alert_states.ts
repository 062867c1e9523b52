import type { AlertEvent, AlertOutcome, AlertSubject } from "./alert_event.ts";
import type { AlertTarget } from "./alert_target.ts";
import { readStateText, type StateEntry, stateText } from "./_state_text.ts";
import { replaceFile, withFileLock } from "./_shared_file.ts";

/** More subjects than anybody has; those that were not heard of for longest are dropped. */
const MAX_ENTRIES = 10_000;
const MILLISECONDS = 1000;
/** A claim whose process has died does not hold others up for longer than deliveries take. */
const CLAIM_SECONDS = 15 * 60;

/** An entry that was heard of so lately need not be marked again. */
const FRESH_SECONDS = 86400;

/** Events that are to be told by who asks. */
export interface StateClaim {
  /** Those that are news, with their outcomes as the target counts them. */
  readonly news: readonly AlertEvent[];
  /** Damage of the state file, which begins anew. */
  readonly damage?: string | undefined;
}

/**
 * The states that targets have heard, in a file that processes share: it is locked while it is changed,
 * and replaced in one step. Who is going to tell something claims it first, so that two processes do not
 * tell the same; what was claimed and not delivered stays to be told.
 */
export class AlertStates {
  readonly #path: string;

  /** @param path Made when there is something to keep. */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Claims to tell a target of events.
   *
   * @param events Of different subjects, with their outcomes as the target counts them.
   * @throws {SystemError} if the file cannot be read or written.
   */
  async claim(target: AlertTarget, events: readonly AlertEvent[]): Promise<StateClaim> {
    const kept = events.filter((event) => keepsState(target, event));
    if (kept.length === 0) return { news: events };
    return await this.#change((entries, damage) => {
      const now = Date.now() / MILLISECONDS;
      const known = new StateIndex(entries, target);
      let isChanged = damage !== undefined;
      const news = events.filter((event) => {
        if (!keepsState(target, event)) return true;
        const { outcome } = event;
        const entry = known.find(event);
        const isNews = isNewsFor(target, entry, outcome, now);
        // Most often there is nothing to keep, and a server asks about many groups.
        const isFresh = entry !== undefined && Math.abs(now - entry.seenAt) < FRESH_SECONDS;
        if (!isNews && isFresh && damage === undefined) return false;
        isChanged = true;
        const marked = known.findOrAdd(event);
        marked.seenAt = now;
        if (isNews) marked.claim = { outcome, until: now + CLAIM_SECONDS };
        return isNews;
      });
      return { result: { news, damage }, isChanged };
    });
  }

  /**
   * Ends claims.
   *
   * @param events With the outcomes that were claimed.
   * @param isTold Whether the target has been told of them.
   * @throws {SystemError} if the file cannot be read or written.
   */
  async settle(
    target: AlertTarget,
    events: readonly AlertEvent[],
    isTold: boolean,
  ): Promise<void> {
    const kept = events.filter((event) => keepsState(target, event));
    if (kept.length === 0) return;
    await this.#change((entries) => {
      const known = new StateIndex(entries, target);
      for (const event of kept) {
        const entry = known.findOrAdd(event);
        delete entry.claim;
        if (isTold) entry.told = { outcome: event.outcome, at: Date.now() / MILLISECONDS };
      }
      return { result: undefined, isChanged: true };
    });
  }

  async #change<T>(
    change: (
      entries: StateEntry[],
      damage: string | undefined,
    ) => { readonly result: T; readonly isChanged: boolean },
  ): Promise<T> {
    return await withFileLock(this.#path, async (text) => {
      let damage: string | undefined;
      let entries: StateEntry[] = [];
      try {
        if (text !== undefined) entries = readStateText(text);
      } catch (error) {
        damage = `the state file "${this.#path}" is damaged (${
          (error as Error).message
        }) and begins anew: states may be told again`;
      }
      const { result, isChanged } = change(entries, damage);
      if (!isChanged) return result;
      const kept = entries.length <= MAX_ENTRIES
        ? entries
        : entries.toSorted((a, b) => b.seenAt - a.seenAt).slice(0, MAX_ENTRIES);
      await replaceFile(this.#path, stateText(kept));
      return result;
    });
  }
}

/** Trials change nothing, and who hears of everything needs no memory. */
function keepsState(target: AlertTarget, { what }: AlertSubject): boolean {
  return what !== "test" && !target.always;
}

/** The entries of a target, found by their subjects. */
class StateIndex {
  readonly #entries: StateEntry[];
  readonly #target: string;
  readonly #bySubject = new Map<string, StateEntry>();

  /** @param entries Get those that are added. */
  constructor(entries: StateEntry[], { name }: AlertTarget) {
    this.#entries = entries;
    this.#target = name;
    for (const entry of entries) {
      if (entry.target === name) this.#bySubject.set(keyOf(entry), entry);
    }
  }

  find(subject: AlertSubject): StateEntry | undefined {
    return this.#bySubject.get(keyOf(subject));
  }

  findOrAdd(subject: AlertSubject): StateEntry {
    const found = this.find(subject);
    if (found !== undefined) return found;
    const { what, name } = subject;
    const entry: StateEntry = { target: this.#target, what, name, seenAt: 0 };
    this.#entries.push(entry);
    this.#bySubject.set(keyOf(subject), entry);
    return entry;
  }
}

/** Kinds have no blanks. */
function keyOf({ what, name }: AlertSubject): string {
  return `${what} ${name}`;
}

function isNewsFor(
  target: AlertTarget,
  entry: StateEntry | undefined,
  outcome: AlertOutcome,
  now: number,
): boolean {
  const { claim, told } = entry ?? {};
  // Somebody else is telling it just now; a clock that was set back makes no claim last.
  const isClaimed = claim !== undefined && claim.outcome === outcome && claim.until > now &&
    claim.until <= now + CLAIM_SECONDS;
  if (isClaimed) return false;
  if (told === undefined) return outcome !== "ok";
  if (told.outcome !== outcome) return true;
  const { remindSeconds } = target;
  if (outcome === "ok" || remindSeconds === undefined) return false;
  return now - told.at >= remindSeconds || told.at > now;
}
