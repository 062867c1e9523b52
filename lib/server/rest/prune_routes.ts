import { pruneGroup } from "../../datastore/mod.ts";
import { ServerError } from "../../errors/mod.ts";
import { formatSnapshotPath, type PruneDecision } from "../../repository/mod.ts";
import { namespaceAclPath } from "../access/mod.ts";
import {
  type Answer,
  BOOLEAN,
  KEEP,
  NS,
  optional,
  type ParameterValues,
  STORE,
} from "../api/mod.ts";
import type { RestContext, RestRoute } from "../state/mod.ts";
import { groupRoute, type NamedGroup } from "./group_route.ts";
import { formatKeepOptions, pruneNamespaces } from "../scheduling/mod.ts";
import { keepOptionsOf } from "./keep_options.ts";

/** Calls that prune (spec: protocol.md §7.5). */
export const PRUNE_ROUTES: readonly RestRoute[] = [
  groupRoute({
    method: "POST",
    name: "prune",
    full: ["Datastore.Modify"],
    limited: ["Datastore.Prune"],
    parameters: { ...KEEP, "dry-run": optional(BOOLEAN), "use-task": optional(BOOLEAN) },
    handle: prune,
  }),
  {
    method: "POST",
    path: "admin/datastore/{store}/prune-datastore",
    parameters: {
      "store": STORE,
      "ns": NS,
      ...KEEP,
      "max-depth": { kind: "integer", minimum: 0, maximum: 7, optional: true },
      "dry-run": optional(BOOLEAN),
    },
    permission: "user",
    handle: pruneDatastore,
  },
];

async function prune(
  { store, group }: NamedGroup,
  values: ParameterValues,
  { state, authId }: RestContext,
): Promise<Answer> {
  const keep = keepOptionsOf(values);
  const { namespace } = group;
  const dryRun = values.boolean("dry-run");
  if (dryRun) {
    const decisions = await pruneGroup(group, keep, true);
    return { data: decisions.map((decision) => decisionMembers(decision, namespace)) };
  }
  // What cannot be found is an answer of its own, not a task that fails.
  await pruneGroup(group, {}, true);
  let decisions: PruneDecision[] = [];
  const { task, ended } = state.tasks.start({
    workerType: "prune",
    workerId: `${store}:${namespace}:${group.path}`,
    authId,
    needsNoLog: true,
  }, async ({ log }) => {
    log(`retention options: ${formatKeepOptions(keep)}`);
    log(`starting prune of "${group.path}"`);
    decisions = await pruneGroup(group, keep, false, log);
    for (const decision of decisions) log(`${decision.mark} ${formatSnapshotPath(decision)}`);
  });
  if (values.boolean("use-task")) return { data: task.id };
  const { status, outcome } = await ended;
  if (outcome === "error") throw new ServerError(400, status);
  return { data: decisions.map((decision) => decisionMembers(decision, "")) };
}

function pruneDatastore(context: RestContext, values: ParameterValues): Answer {
  const { state, authId } = context;
  const [store, namespace] = [values.text("store"), values.text("ns")];
  const path = namespaceAclPath(store, namespace);
  const full = state.access.rules.hasAny(authId, path, ["Datastore.Modify"]);
  if (!full && !state.access.rules.hasAny(authId, path, ["Datastore.Prune"])) {
    const wanted = "Datastore.Modify|Datastore.Prune";
    throw new ServerError(400, `missing permissions '${wanted}' on '${path}'`);
  }
  const { datastore } = state.datastore(store, "write");
  const keep = keepOptionsOf(values);
  const dryRun = values.boolean("dry-run");
  const { task } = state.tasks.start({
    workerType: "prune",
    workerId: `${store}:${namespace}`,
    authId,
    needsNoLog: true,
  }, async ({ log, signal }) => {
    log(`starting prune of datastore '${store}'${dryRun ? " (dry run)" : ""}`);
    log(`retention options: ${formatKeepOptions(keep)}`);
    await pruneNamespaces(datastore, {
      namespace,
      maxDepth: values.optionalInteger("max-depth"),
      keep,
      dryRun,
      owner: full ? undefined : authId,
    }, { log, signal });
  });
  return { data: task.id };
}

function decisionMembers(decision: PruneDecision, namespace: string): Record<string, unknown> {
  return {
    "backup-type": decision.type,
    "backup-id": decision.id,
    "backup-time": decision.time,
    "keep": decision.keep,
    "protected": decision.protected,
    ...namespace !== "" && { ns: namespace },
  };
}
