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

/** Whether something is to be told, by who asks. */
export interface StateClaim {
  readonly isNews: boolean;
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
   * Claims to tell a target an outcome.
   *
   * @param outcome As the target counts it.
   * @throws {SystemError} if the file cannot be read or written.
   */
  async claim(
    target: AlertTarget,
    subject: AlertSubject,
    outcome: AlertOutcome,
  ): Promise<StateClaim> {
    if (!keepsState(target, subject)) return { isNews: true };
    return await this.#change((entries, damage) => {
      const now = Date.now() / MILLISECONDS;
      const known = entries.find((entry) => isAbout(entry, target, subject));
      const isNews = isNewsFor(target, known, outcome, now);
      const result = { isNews, damage };
      // Most often there is nothing to keep, and a server asks about many groups.
      const isKept = known === undefined || Math.abs(now - known.seenAt) < FRESH_SECONDS;
      if (!isNews && isKept && damage === undefined) return { result, isChanged: false };
      const entry = known ?? entryOf(entries, target, subject);
      entry.seenAt = now;
      if (isNews) entry.claim = { outcome, until: now + CLAIM_SECONDS };
      return { result, isChanged: true };
    });
  }

  /**
   * Ends a claim.
   *
   * @param outcome What the target has been told; undefined if it could not be.
   * @throws {SystemError} if the file cannot be read or written.
   */
  async settle(
    target: AlertTarget,
    event: AlertEvent,
    outcome: AlertOutcome | undefined,
  ): Promise<void> {
    if (!keepsState(target, event)) return;
    await this.#change((entries) => {
      const entry = entryOf(entries, target, event);
      delete entry.claim;
      if (outcome !== undefined) entry.told = { outcome, at: Date.now() / MILLISECONDS };
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

function isAbout(entry: StateEntry, target: AlertTarget, { what, name }: AlertSubject): boolean {
  return entry.target === target.name && entry.what === what && entry.name === name;
}

function entryOf(entries: StateEntry[], target: AlertTarget, subject: AlertSubject): StateEntry {
  const found = entries.find((entry) => isAbout(entry, target, subject));
  if (found !== undefined) return found;
  const entry: StateEntry = {
    target: target.name,
    what: subject.what,
    name: subject.name,
    seenAt: 0,
  };
  entries.push(entry);
  return entry;
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
