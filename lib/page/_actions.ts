import type { KeepOptions } from "../repository/mod.ts";
import type { PageParameters } from "./_page_parameters.ts";
import type { PageDone, PagePruneDecisions, PageStarted } from "./page_api.ts";
import type { OpenedSnapshots } from "./opened_snapshots.ts";
import type { PageSource } from "./page_source.ts";
import { PageError } from "./_refusal.ts";

const MAX_NOTES = 64 * 1024;
const MAX_REMOVED = 100_000;
const KEEP_RULES = ["last", "hourly", "daily", "weekly", "monthly", "yearly"] as const;

/** `set-notes`: of a snapshot or a group. */
export async function setNotes(
  source: PageSource,
  snapshots: OpenedSnapshots,
  parameters: PageParameters,
): Promise<PageDone> {
  const store = parameters.text("store");
  const { repository } = await source.access(store);
  const { namespace, group, optionalSnapshot } = parameters;
  const notes = parameters.text("notes", MAX_NOTES);
  await snapshots.release(store, namespace, group);
  if (optionalSnapshot === undefined) await repository.writeGroupNotes(namespace, group, notes);
  else await repository.writeNotes(namespace, optionalSnapshot, notes);
  return { done: true };
}

/** `protect`: a snapshot, or the contrary. */
export async function protect(
  source: PageSource,
  snapshots: OpenedSnapshots,
  parameters: PageParameters,
): Promise<PageDone> {
  const store = parameters.text("store");
  const { repository } = await source.access(store);
  const { namespace, snapshot } = parameters;
  const isProtected = parameters.flag("isProtected");
  await snapshots.release(store, namespace, snapshot);
  await repository.setProtected(namespace, snapshot, isProtected);
  return { done: true };
}

/** `verify`: starts a task. */
export async function verify(
  source: PageSource,
  parameters: PageParameters,
): Promise<PageStarted> {
  const store = parameters.text("store");
  const { tasks } = await source.access(store);
  const { namespace } = parameters;
  const hasGroup = parameters.optionalText("type") !== undefined ||
    parameters.optionalText("id") !== undefined;
  const time = hasGroup ? parameters.optionalSnapshot?.time : undefined;
  const upid = await tasks.startVerification({
    namespace,
    ignoreVerified: parameters.flag("skipVerified"),
    ...(hasGroup ? { group: parameters.group } : {}),
    ...(time === undefined ? {} : { time }),
  });
  return { upid, store };
}

/** `prune-preview`: what would be removed. */
export async function previewPrune(
  source: PageSource,
  parameters: PageParameters,
): Promise<PagePruneDecisions> {
  const { repository } = await source.access(parameters.text("store"));
  const decisions = await repository.prune({ ...pruneOf(parameters), dryRun: true });
  return {
    decisions: decisions.toSorted((a, b) => b.time - a.time).map((decision) => ({
      time: decision.time,
      keep: decision.keep,
      isProtected: decision.protected,
    })),
  };
}

/** `prune`: as it was shown before; starts a task. */
export async function prune(
  source: PageSource,
  snapshots: OpenedSnapshots,
  parameters: PageParameters,
): Promise<PageStarted> {
  const store = parameters.text("store");
  const { tasks } = await source.access(store);
  const shown = parameters.integers("remove", MAX_REMOVED).toSorted((a, b) => a - b);
  const { decisions } = await previewPrune(source, parameters);
  const now = decisions.filter(({ keep }) => !keep).map(({ time }) => time)
    .sort((a, b) => a - b);
  if (now.length !== shown.length || now.some((time, i) => time !== shown[i])) {
    throw new PageError("changed", "other snapshots would be removed now than were shown");
  }
  const request = pruneOf(parameters);
  await snapshots.release(store, request.namespace, request.group);
  return { upid: await tasks.startPrune(request), store };
}

function pruneOf(parameters: PageParameters) {
  const rules = parameters.object("keep");
  const keep: { -readonly [Rule in keyof KeepOptions]: number } = {};
  for (const rule of KEEP_RULES) {
    const count = rules.optionalInteger(rule, { least: 1, most: 1_000_000 });
    if (count !== undefined) keep[rule] = count;
  }
  // Without any, everything is kept: nobody asks for that.
  if (Object.keys(keep).length === 0) {
    throw new PageError("bad-request", "say how many snapshots to keep");
  }
  return { namespace: parameters.namespace, group: parameters.group, keep };
}

/** `forget`: a snapshot, or a group. */
export async function forget(
  source: PageSource,
  snapshots: OpenedSnapshots,
  parameters: PageParameters,
): Promise<PageDone> {
  const store = parameters.text("store");
  const { repository } = await source.access(store);
  const { namespace, group, optionalSnapshot } = parameters;
  await snapshots.release(store, namespace, group);
  if (optionalSnapshot !== undefined) {
    await repository.forgetSnapshot(namespace, optionalSnapshot);
    return { done: true };
  }
  const { removedSnapshots } = await repository.forgetGroup(namespace, group);
  return { done: true, message: `${removedSnapshots} snapshots were removed` };
}

/** `gc`: starts a task. */
export async function collectGarbage(
  source: PageSource,
  parameters: PageParameters,
): Promise<PageStarted> {
  const store = parameters.text("store");
  const { tasks } = await source.access(store);
  return { upid: await tasks.startGarbageCollection(), store };
}
