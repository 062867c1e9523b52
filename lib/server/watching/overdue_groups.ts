import { roundAge } from "../../health/mod.ts";
import { formatGroupPath } from "../../repository/mod.ts";
import type { GroupAge } from "../ages/mod.ts";
import type { WatchRule } from "./parse_alert_config.ts";

/** A group that is watched, and what is to be said of it. */
export interface WatchedGroup {
  /** Datastore, namespace and path. */
  readonly name: string;
  readonly isOverdue: boolean;
  readonly summary: string;
}

/**
 * The groups of a datastore that rules watch. One that a rule names in full is watched even if it is
 * not there.
 *
 * @param now Seconds since the epoch.
 */
export function watchedGroups(
  datastore: string,
  groups: readonly GroupAge[],
  rules: readonly WatchRule[],
  now: number,
): WatchedGroup[] {
  const watched = new Map<string, WatchedGroup>();
  for (const group of groups) {
    const rule = rules.find((each) => fits(each, datastore, group));
    if (rule?.maxAgeSeconds === undefined) continue;
    const name = nameOf(datastore, group.namespace, formatGroupPath(group));
    watched.set(name, judge(name, group.newest, rule.maxAgeSeconds, now));
  }
  for (const { datastore: store, namespace = "", group, maxAgeSeconds } of rules) {
    if (store !== datastore || group === undefined || !group.includes("/")) continue;
    const name = nameOf(datastore, namespace, group);
    if (maxAgeSeconds === undefined || watched.has(name)) continue;
    if (groups.some((each) => nameOf(datastore, each.namespace, formatGroupPath(each)) === name)) {
      continue;
    }
    watched.set(name, judge(name, undefined, maxAgeSeconds, now));
  }
  return [...watched.values()];
}

function judge(
  name: string,
  newest: number | undefined,
  maxAgeSeconds: number,
  now: number,
): WatchedGroup {
  if (newest === undefined) {
    return { name, isOverdue: true, summary: `${name} has no finished snapshot` };
  }
  const age = Math.max(0, now - newest);
  return {
    name,
    isOverdue: age > maxAgeSeconds,
    summary: age > maxAgeSeconds
      ? `no backup of ${name} for ${roundAge(age)}, allowed are ${roundAge(maxAgeSeconds)}`
      : `the newest backup of ${name} is ${roundAge(age)} old`,
  };
}

function fits(rule: WatchRule, datastore: string, group: GroupAge): boolean {
  if (rule.datastore !== undefined && rule.datastore !== datastore) return false;
  if (rule.namespace !== undefined && !isWithin(group.namespace, rule)) return false;
  return rule.group === undefined || rule.group === group.type ||
    rule.group === formatGroupPath(group);
}

/** A group named in full is in that namespace alone. */
function isWithin(namespace: string, { namespace: of = "", group }: WatchRule): boolean {
  if (namespace === of) return true;
  if (group?.includes("/")) return false;
  return of === "" || namespace.startsWith(`${of}/`);
}

function nameOf(datastore: string, namespace: string, path: string): string {
  return namespace === "" ? `${datastore}:${path}` : `${datastore}:${namespace}:${path}`;
}
