import { ConfigTable, TableError } from "../tables/mod.ts";
import type { AlertTarget, TargetRules } from "./alert_target.ts";
import { mailTargetOf } from "./_mail_target_of.ts";
import { webhookTargetOf } from "./_webhook_target_of.ts";

/** Rule for names of targets. */
const NAME_RULE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const DEFAULT_LIMIT_SECONDS = 15;
const MOST_LIMIT_SECONDS = 300;
const DEFAULT_RETRIES = 2;
const MOST_RETRIES = 10;
const LEAST_REMIND_SECONDS = 60;
const MOST_SECONDS = 3660 * 86400;

/**
 * The targets in the table `alerts` of a configuration (docs/guide/alerts.md).
 *
 * @param value The table of tables, as a reader of TOML or JSON gives it; undefined if there is none.
 * @param place The keys that lead to it.
 * @returns The targets by name.
 * @throws {TableError} naming what is wrong.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const table = { admin: { type: "mail", to: "root@localhost" } };
 * assertEquals(alertTargetsOf(table).get("admin")?.type, "mail");
 * ```
 */
export function alertTargetsOf(
  value: unknown,
  place: readonly string[] = ["alerts"],
): Map<string, AlertTarget> {
  const targets = new Map<string, AlertTarget>();
  if (value === undefined) return targets;
  const table = new ConfigTable(value, place);
  for (const name of table.keys()) {
    targets.set(name, alertTargetOf(name, table.value(name), [...place, name]));
  }
  return targets;
}

/**
 * One target, from its table.
 *
 * @param value As a reader of TOML or JSON gives it.
 * @param place The keys that lead to it.
 * @throws {TableError} naming what is wrong.
 */
export function alertTargetOf(
  name: string,
  value: unknown,
  place: readonly string[],
): AlertTarget {
  const table = new ConfigTable(value, place);
  if (!NAME_RULE.test(name)) {
    throw new TableError(place, "a name of an alert has letters, digits, - and _, at most 64");
  }
  const type = table.required("type", table.choice("type", ["mail", "webhook", "textfile"]));
  const rules: TargetRules = {
    name,
    from: table.choice("from", ["warnings", "failed"]) ?? "warnings",
    always: table.flag("always") ?? false,
    remindSeconds: table.span("remind-after", LEAST_REMIND_SECONDS, MOST_SECONDS),
    limitSeconds: table.span("time-limit", 1, MOST_LIMIT_SECONDS) ?? DEFAULT_LIMIT_SECONDS,
    retries: table.number("retries", 0, MOST_RETRIES) ?? DEFAULT_RETRIES,
  };
  const target = type === "mail"
    ? mailTargetOf(table, rules)
    : type === "webhook"
    ? webhookTargetOf(table, rules)
    : textfileTargetOf(table, rules);
  table.finish();
  return target;
}

function textfileTargetOf(table: ConfigTable, rules: TargetRules): AlertTarget {
  const path = table.required("file", table.line("file"));
  if (!/^\/.+\.prom$/.test(path)) {
    table.fail("file", 'must be an absolute path that ends with ".prom"');
  }
  return { ...rules, always: true, type: "textfile", path };
}
