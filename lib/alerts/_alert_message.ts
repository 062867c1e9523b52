import type { AlertEvent, AlertOutcome } from "./alert_event.ts";

/** Most events that a text lists. */
const MAX_LINES = 100;
/** Most names that stand in place of one. */
const MAX_NAMES = 3;
/** Less of a log than this tells nothing, characters. */
const LEAST_LOG = 200;
const SEVERITY: Record<AlertOutcome, number> = { ok: 0, warnings: 1, failed: 2 };

/** Content of one delivery: one event, or several in one. */
export interface AlertMessage {
  /** The kinds of its events. */
  readonly what: string;
  /** The names of its events, or some of them. */
  readonly name: string;
  /** The worst of its events. */
  readonly outcome: AlertOutcome;
  /** Title, without outcome and machine. */
  readonly title: string;
  /** One line that tells it all. */
  readonly summary: string;
  /** Seconds since the epoch, of the first that started. */
  readonly startedAt: number;
  /** Seconds since the epoch, of the last that ended. */
  readonly endedAt: number;
  /** All of them, the worst first. */
  readonly events: readonly AlertEvent[];
}

/** A text about several events in one line. */
export type EventWords = (events: readonly AlertEvent[]) => string;

/**
 * The message about some events.
 *
 * @param events One at least.
 * @param words The line about several; one speaks for itself.
 */
export function alertMessage(events: readonly AlertEvent[], words: EventWords): AlertMessage {
  const [first] = events;
  if (events.length === 1) {
    const { what, name, outcome, summary, startedAt, endedAt } = first!;
    return { what, name, outcome, title: `${what} ${name}`, summary, startedAt, endedAt, events };
  }
  const sorted = events.toSorted((a, b) => SEVERITY[b.outcome] - SEVERITY[a.outcome]);
  const names = sorted.slice(0, MAX_NAMES).map(({ name }) => name).join(", ");
  const rest = sorted.length - MAX_NAMES;
  const summary = words(sorted);
  return {
    what: [...new Set(sorted.map(({ what }) => what))].join(", "),
    name: rest > 0 ? `${names} and ${rest} more` : names,
    outcome: sorted[0]!.outcome,
    title: summary,
    summary,
    startedAt: Math.min(...sorted.map(({ startedAt }) => startedAt)),
    endedAt: Math.max(...sorted.map(({ endedAt }) => endedAt)),
    events: sorted,
  };
}

/**
 * More lines of a message: the log of one event, or a list of several and the ends of their logs.
 *
 * @param limit Characters.
 */
export function messageDetails({ events }: AlertMessage, limit: number): string {
  if (events.length === 1) return endOf(events[0]!.details ?? "", limit);
  const lines: string[] = [];
  let left = limit;
  for (const { outcome, summary } of events.slice(0, MAX_LINES)) {
    const line = `${outcome}: ${summary.replaceAll(/\s+/g, " ")}`;
    if (line.length + 1 > left) break;
    left -= line.length + 1;
    lines.push(line);
  }
  if (lines.length < events.length) lines.push(`and ${events.length - lines.length} more`);
  return [lines.join("\n"), ...logsOf(events, left)].join("\n\n");
}

/** The ends of logs, each with an equal share of the room. */
function logsOf(events: readonly AlertEvent[], room: number): string[] {
  const logged = events.filter(({ details = "" }) => details !== "");
  const share = Math.floor(room / Math.max(1, logged.length));
  if (share < LEAST_LOG) return [];
  return logged.map(({ what, name, details }) => {
    const head = `${what} ${name}:\n`;
    return head + endOf(details!, Math.max(0, share - head.length));
  });
}

/** The end of a log tells why; its beginning is left out. */
function endOf(details: string, limit: number): string {
  return details.length <= limit ? details : `…\n${details.slice(details.length - limit)}`;
}
