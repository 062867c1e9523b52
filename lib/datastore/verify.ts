import type { VerifyRequest } from "../repository/mod.ts";
import { Verification } from "./_verification.ts";
import { ChunkVerification } from "./chunk_verification.ts";
import type { Datastore } from "./datastore.ts";
import { DatastoreGroup } from "./datastore_group.ts";
import { DatastoreSnapshot } from "./datastore_snapshot.ts";
import { groupsOf, namespacesBelow, requireNamespace, snapshotsOf } from "./snapshot_tree.ts";
import type { SnapshotVerdict, VerifyOptions, VerifyReport } from "./verify_options.ts";

/**
 * Reads back everything that snapshots consist of, sets corrupt chunks aside and records the result
 * in the manifests (spec: datastore-formats.md §6.9).
 *
 * @throws {NotFoundError} if there is no such namespace.
 * @throws {CancelledError} if it was asked to stop.
 * @throws {ConnectionError} if a store elsewhere does not answer any more.
 */
export async function verify(
  datastore: Datastore,
  request: VerifyRequest,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const selected = await Array.fromAsync(selectSnapshots(datastore, request, options));
  return await verifySnapshots(datastore, selected, request, options);
}

/**
 * As {@linkcode verify}, of these snapshots in this order.
 *
 * @param request Whether to leave out what was verified before.
 */
export async function verifySnapshots(
  datastore: Datastore,
  selected: readonly DatastoreSnapshot[],
  request: VerifyRequest,
  options: VerifyOptions,
): Promise<VerifyReport> {
  const { checker, log, onBadChunk } = options;
  const verifier = await ChunkVerification.create(datastore, { checker, log, onBad: onBadChunk });
  const run = new Verification(datastore, request, options, verifier, selected.length);
  const snapshots: SnapshotVerdict[] = [];
  for (const snapshot of selected) {
    const verdict = await run.verifySnapshot(snapshot);
    snapshots.push(verdict);
    options.onVerdict?.(verdict);
    const [done, total] = [snapshots.length, selected.length];
    options.log(
      `percentage done: ${(done * 100 / total).toFixed(2)}% (${done}/${total} snapshots)`,
    );
  }
  const failed = snapshots.filter(({ state }) => state === "failed");
  if (failed.length > 0) {
    options.log("failed to verify the following snapshots:", true);
  }
  for (const { snapshot } of failed) options.log(`\t${snapshot.fullPath}`, true);
  return { ok: failed.length === 0, snapshots };
}

async function* selectSnapshots(
  datastore: Datastore,
  { namespace, group, time }: VerifyRequest,
  { maxDepth, accepts }: VerifyOptions,
): AsyncGenerator<DatastoreSnapshot> {
  requireNamespace(datastore, namespace);
  if (group && time !== undefined) {
    yield new DatastoreSnapshot(datastore, namespace, { ...group, time });
    return;
  }
  const namespaces = group ? [namespace] : await namespacesBelow(datastore, namespace, maxDepth);
  for (const each of namespaces) {
    const groups = group
      ? [new DatastoreGroup(datastore, each, group)]
      : await groupsOf(datastore, each);
    for (const one of groups) {
      if (group === undefined && one.path === "host/benchmark") continue;
      if (accepts !== undefined && !await accepts(one)) continue;
      yield* await snapshotsOf(one);
    }
  }
}
