import {
  groupsOf,
  LocalRepository,
  namespacesBelow,
  readGcStatus,
  snapshotsOf,
} from "../../datastore/mod.ts";
import type { Datastore } from "../../datastore/mod.ts";
import type { RequestCounts } from "../../s3/mod.ts";
import type { Privilege } from "../access/mod.ts";
import { type Answer, BOOLEAN, optional, type ParameterValues, STORE } from "../api/mod.ts";
import { type BucketBackend, formatMaintenance } from "../config/mod.ts";
import { onDatastore, type RestContext, type RestRoute, type ServerState } from "../state/mod.ts";
import { refreshDatastore, requireBucket } from "../stores/mod.ts";
import { gcCounters } from "./gc_members.ts";

/** Any right on a datastore makes it visible. */
export const ANY_DATASTORE_PRIVILEGE: readonly Privilege[] = [
  "Datastore.Audit",
  "Datastore.Read",
  "Datastore.Backup",
  "Datastore.Modify",
  "Datastore.Prune",
  "Datastore.Verify",
  "Datastore.Allocate",
];

/** Calls about datastores as a whole (spec: protocol.md §7.2). */
export const DATASTORE_ROUTES: readonly RestRoute[] = [
  {
    method: "GET",
    path: "admin/datastore",
    parameters: {},
    permission: "user",
    handle: listDatastores,
  },
  {
    method: "GET",
    path: "admin/datastore/{store}/status",
    parameters: { "store": STORE, "verbose": optional(BOOLEAN) },
    permission: { ...onDatastore(...ANY_DATASTORE_PRIVILEGE), orBelow: true },
    handle: showStatus,
  },
  {
    method: "PUT",
    path: "admin/datastore/{store}/s3-refresh",
    // "upload-lost" is ours: first bring back what the bucket has lost.
    parameters: { "store": STORE, "upload-lost": optional(BOOLEAN) },
    permission: onDatastore("Datastore.Modify"),
    handle: startRefresh,
  },
];

function listDatastores({ state, authId }: RestContext): Answer {
  const visible = state.configs.filter(({ name }) =>
    state.access.rules.hasAnyAtOrBelow(authId, `/datastore/${name}`, ANY_DATASTORE_PRIVILEGE)
  );
  return {
    data: visible.map(({ name, comment, maintenance, backend }) => ({
      "store": name,
      "comment": comment ?? null,
      "mount-status": "nonremovable",
      "backend-type": backend === undefined ? "filesystem" : "s3",
      ...maintenance && { maintenance: formatMaintenance(maintenance) },
    })),
  };
}

async function showStatus(
  { state, authId }: RestContext,
  values: ParameterValues,
): Promise<Answer> {
  const store = values.text("store");
  const { datastore, config } = state.datastore(store, "read");
  const verbose = values.boolean("verbose");
  const base = {
    "backend-type": config.backend === undefined ? "filesystem" : "s3",
    ...config.backend && { "s3-statistics": await requestCounts(state, config.backend, store) },
  };
  const path = `/datastore/${store}`;
  // Others see that there is a datastore, but not how much is in it.
  if (!state.access.rules.hasAny(authId, path, ["Datastore.Audit", "Datastore.Backup"])) {
    const counts = { ct: null, host: null, vm: null, other: null };
    return { data: { ...base, total: 0, used: 0, avail: 0, ...verbose && { counts } } };
  }
  const status = await new LocalRepository(datastore).status();
  if (!verbose) return { data: { ...base, ...status } };
  const gcStatus = await readGcStatus(datastore);
  return {
    data: {
      ...base,
      ...status,
      "counts": await countAll(datastore),
      "gc-status": { upid: gcStatus.upid, ...gcCounters(gcStatus) },
    },
  };
}

async function requestCounts(
  state: ServerState,
  { client, bucket }: BucketBackend,
  store: string,
): Promise<RequestCounts> {
  await state.countRequests();
  return (await state.statistics.read({ client, bucket, store })).counts;
}

async function startRefresh(
  { state, authId }: RestContext,
  values: ParameterValues,
): Promise<Answer> {
  const store = values.text("store");
  requireBucket(await state.administration.find(store));
  const { task } = state.tasks.start(
    { workerType: "s3-refresh", workerId: store, authId },
    (task) => refreshDatastore(state, store, task, values.boolean("upload-lost")),
  );
  return { data: task.id };
}

interface Count {
  groups: number;
  snapshots: number;
}

async function countAll(datastore: Datastore): Promise<Record<string, Count | null>> {
  const counts: Record<string, Count | null> = { ct: null, host: null, vm: null, other: null };
  for (const namespace of await namespacesBelow(datastore, "")) {
    for (const group of await groupsOf(datastore, namespace)) {
      const count = counts[group.name.type] ??= { groups: 0, snapshots: 0 };
      count.groups++;
      count.snapshots += (await snapshotsOf(group)).length;
    }
  }
  return counts;
}
