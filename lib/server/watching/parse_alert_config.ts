import { type AlertTarget, alertTargetsOf } from "../../alerts/mod.ts";
import { BACKUP_TYPES, namespaceComponents } from "../../repository/mod.ts";
import { type ConfigTable, openTomlTable } from "../../tables/mod.ts";
import type { TaskKind } from "../ages/mod.ts";

const TOLD_TASKS = ["gc", "prune", "sync", "verify"] as const satisfies TaskKind[];
const LEAST_AGE_SECONDS = 60;
const MOST_AGE_SECONDS = 3660 * 86400;
const LEAST_EVERY_SECONDS = 60;
const MOST_EVERY_SECONDS = 86400;
const DEFAULT_EVERY_SECONDS = 900;

/** Groups, and how old their newest snapshots may be. The first rule that fits a group counts. */
export interface WatchRule {
  readonly datastore?: string | undefined;
  /** This namespace and those below it. */
  readonly namespace?: string | undefined;
  /** A type, or a type and an id as in `host/web`. */
  readonly group?: string | undefined;
  /** Seconds; without it the groups are not watched. */
  readonly maxAgeSeconds?: number | undefined;
}

/** The file of alerts of a server. */
export interface AlertConfig {
  readonly targets: readonly AlertTarget[];
  readonly rules: readonly WatchRule[];
  /** Kinds of tasks whose ends are told. */
  readonly tasks: ReadonlySet<TaskKind>;
  /** Time between two looks at the groups, seconds. */
  readonly everySeconds: number;
}

/** The configuration of a server that has none: nobody is told anything. */
export const NO_ALERTS: AlertConfig = {
  targets: [],
  rules: [],
  tasks: new Set(),
  everySeconds: DEFAULT_EVERY_SECONDS,
};

/**
 * Parses the file of alerts of a server (docs/guide/alerts.md).
 *
 * @param name What messages call the file.
 * @throws {UsageError} naming the line and the key that are wrong.
 */
export function parseAlertConfig(text: string, name: string): AlertConfig {
  const { table, failure } = openTomlTable(text, name);
  try {
    return configOf(table);
  } catch (error) {
    throw failure(error);
  }
}

function configOf(table: ConfigTable): AlertConfig {
  const targets = [...alertTargetsOf(table.value("alerts")).values()];
  const watch = table.table("watch");
  table.finish();
  const rules: WatchRule[] = [];
  for (const rule of watch?.tables("groups") ?? []) rules.push(ruleOf(rule));
  const maxAgeSeconds = watch?.span("max-age", LEAST_AGE_SECONDS, MOST_AGE_SECONDS);
  if (maxAgeSeconds !== undefined) rules.push({ maxAgeSeconds });
  const everySeconds = watch?.span("every", LEAST_EVERY_SECONDS, MOST_EVERY_SECONDS);
  const tasks = tasksOf(watch);
  watch?.finish();
  return { targets, rules, tasks, everySeconds: everySeconds ?? DEFAULT_EVERY_SECONDS };
}

function tasksOf(watch: ConfigTable | undefined): ReadonlySet<TaskKind> {
  const names = watch?.texts("tasks");
  if (names === undefined) return new Set(TOLD_TASKS);
  for (const name of names) {
    if (TOLD_TASKS.some((each) => each === name)) continue;
    watch?.fail("tasks", `"${name}" is none of: ${TOLD_TASKS.join(", ")}`);
  }
  return new Set(names as TaskKind[]);
}

function ruleOf(table: ConfigTable): WatchRule {
  const namespace = table.value("ns") === "" ? "" : table.line("ns");
  const group = table.line("group");
  const ignore = table.flag("ignore") ?? false;
  const maxAge = table.span("max-age", LEAST_AGE_SECONDS, MOST_AGE_SECONDS);
  const datastore = table.line("datastore");
  table.finish();
  if (ignore && maxAge !== undefined) table.fail("ignore", 'is no use with "max-age"');
  if (namespace !== undefined) {
    try {
      namespaceComponents(namespace);
    } catch (error) {
      table.fail("ns", (error as Error).message);
    }
  }
  const [type] = group?.split("/") ?? [];
  if (group !== undefined && !BACKUP_TYPES.some((each) => each === type)) {
    table.fail(
      "group",
      `must be TYPE or TYPE/ID, with one of the types ${BACKUP_TYPES.join(", ")}`,
    );
  }
  return {
    datastore,
    namespace,
    group,
    maxAgeSeconds: ignore ? undefined : table.required("max-age", maxAge),
  };
}
