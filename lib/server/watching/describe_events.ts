import type { AlertEvent } from "../../alerts/mod.ts";

/** Words for events of one kind and outcome: of one by its name, of more by their number. */
interface Phrase {
  readonly fits: (event: AlertEvent) => boolean;
  readonly one: (name: string) => string;
  readonly many: (count: number) => string;
}

/** Of a look; groups have their datastore in front of a colon. */
const OF_A_LOOK: readonly Phrase[] = [
  {
    fits: ({ name, outcome }) => outcome !== "ok" && isRequests(name),
    one: (name) => `more ${name} than its thresholds say`,
    many: (count) => `more requests of ${count} datastores than their thresholds say`,
  },
  {
    fits: ({ name, outcome }) => outcome === "ok" && isRequests(name),
    one: (name) => `${name} within its thresholds`,
    many: (count) => `requests of ${count} datastores within their thresholds`,
  },
  {
    fits: ({ name, outcome }) => outcome !== "ok" && !isGroup(name) && !isRequests(name),
    one: (name) => `datastore ${name} cannot be read`,
    many: (count) => `${count} datastores cannot be read`,
  },
  {
    fits: ({ name, outcome }) => outcome !== "ok" && isGroup(name),
    one: (name) => `no backup of ${name}`,
    many: (count) => `${count} groups without a backup`,
  },
  {
    fits: ({ name, outcome }) => outcome === "ok" && isGroup(name),
    one: (name) => `a backup of ${name}`,
    many: (count) => `${count} groups with a backup`,
  },
  {
    fits: ({ name, outcome }) => outcome === "ok" && !isGroup(name) && !isRequests(name),
    one: (name) => `datastore ${name} can be read`,
    many: (count) => `${count} datastores can be read`,
  },
];

const OF_TASKS: readonly Phrase[] = [
  taskPhrase("failed", "failed"),
  taskPhrase("warnings", "with warnings"),
  taskPhrase("ok", "succeeded"),
];

/**
 * A line about events of one look at all groups.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const times = { summary: "", startedAt: 0, endedAt: 0 };
 * const stale = ["a:host/x", "a:host/y"].map((name) =>
 *   ({ what: "watch", name, outcome: "failed", ...times }) as const
 * );
 * const well = { what: "watch", name: "a:vm/1", outcome: "ok", ...times } as const;
 * assertEquals(describeLook(stale), "2 groups without a backup");
 * assertEquals(describeLook([...stale, well]), "2 groups without a backup, a backup of a:vm/1");
 * ```
 */
export function describeLook(events: readonly AlertEvent[]): string {
  return describe(events, OF_A_LOOK);
}

/**
 * A line about tasks that have ended.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const of = (what: "gc" | "verify", outcome: "ok" | "failed") =>
 *   ({ what, name: "a", outcome, summary: "", startedAt: 0, endedAt: 0 });
 * assertEquals(describeTasks([of("gc", "failed"), of("verify", "failed")]), "2 tasks failed");
 * assertEquals(
 *   describeTasks([of("gc", "failed"), of("verify", "ok")]),
 *   "gc of a failed, verify of a succeeded",
 * );
 * ```
 */
export function describeTasks(events: readonly AlertEvent[]): string {
  return describe(
    events.map((event) => ({ ...event, name: `${event.what} of ${event.name}` })),
    OF_TASKS,
  );
}

function describe(events: readonly AlertEvent[], phrases: readonly Phrase[]): string {
  return phrases.flatMap(({ fits, one, many }) => {
    const [first, ...others] = events.filter(fits);
    if (first === undefined) return [];
    return [others.length === 0 ? one(first.name) : many(others.length + 1)];
  }).join(", ");
}

function taskPhrase(outcome: AlertEvent["outcome"], word: string): Phrase {
  return {
    fits: (event) => event.outcome === outcome,
    one: (name) => `${name} ${word}`,
    many: (count) => `${count} tasks ${word}`,
  };
}

/** Name of a datastore's requests, which no datastore has. */
export function requestsOf(store: string): string {
  return `requests of ${store}`;
}

function isRequests(name: string): boolean {
  return name.startsWith(requestsOf(""));
}

function isGroup(name: string): boolean {
  return name.includes(":");
}
