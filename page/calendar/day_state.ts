import type { PageSnapshot } from "../../lib/page/page_api.ts";
import { formatDay } from "../text/dates.ts";
import { formatCount } from "../text/sizes.ts";

/** What a day of the calendar shows. */
export interface DayState {
  readonly count: number;
  readonly damaged: number;
  readonly verified: number;
  readonly isProtected: boolean;
  readonly isEncrypted: boolean;
  readonly isBroken: boolean;
}

/** The snapshots of each day, in local time. */
export function dayStates(snapshots: readonly PageSnapshot[]): Map<string, DayState> {
  const states = new Map<string, DayState>();
  for (const snapshot of snapshots) {
    const day = formatDay(snapshot.time);
    const old = states.get(day);
    const { verification, encryption } = snapshot;
    states.set(day, {
      count: (old?.count ?? 0) + 1,
      damaged: (old?.damaged ?? 0) + (verification?.state === "failed" ? 1 : 0),
      verified: (old?.verified ?? 0) + (verification?.state === "ok" ? 1 : 0),
      isProtected: (old?.isProtected ?? false) || snapshot.isProtected,
      isEncrypted: (old?.isEncrypted ?? false) || encryption === "encrypted" ||
        encryption === "mixed",
      isBroken: (old?.isBroken ?? false) || !snapshot.isFinished,
    });
  }
  return states;
}

/** A day in words: `1 November 2026, 2 snapshots, verified`. */
export function describeDay(day: string, state: DayState | undefined): string {
  const date = new Date(`${day}T12:00`)
    .toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
  if (state === undefined) return `${date}, no snapshot`;
  const words = [date, formatCount(state.count, "snapshot")];
  if (state.damaged > 0) words.push(`${state.damaged} damaged`);
  else if (state.verified > 0) {
    words.push(state.verified === state.count ? "verified" : `${state.verified} verified`);
  }
  if (state.isProtected) words.push("protected");
  if (state.isEncrypted) words.push("encrypted");
  if (state.isBroken) words.push("unfinished");
  return words.join(", ");
}
