import { CorruptDataError } from "../errors/mod.ts";
import type { HelpingRepository } from "../elsewhere/mod.ts";
import type { PlacedSnapshot, Repository } from "../repository/mod.ts";
import type { SyncRun } from "./_sync_run.ts";

/**
 * Makes a snapshot of the target whole again with what the source has of it. It is read back, and counts
 * as verified afterwards.
 *
 * @throws {CorruptDataError} if something of it cannot be had.
 */
export async function resync(
  { request, observer }: SyncRun,
  to: PlacedSnapshot,
  sourceNamespace: string,
): Promise<void> {
  const { runRepair } = await import("../repair/mod.ts");
  const { source, target, signal } = request;
  const { type, id, time } = to.snapshot;
  let reason: string | undefined = "nothing is known about it";
  await runRepair({
    repository: target,
    range: { namespace: to.namespace, group: { type, id }, time },
    others: [seenAs(source, to.namespace, sourceNamespace)],
    sources: [],
    excludes: [],
    chunkSizeBytes: 0,
    onlyRecorded: false,
    dryRun: false,
    signal,
  }, {
    log: (level, line) => observer.log(level, line),
    progress: { snapshot: "", snapshotsDone: 0, snapshotsTotal: 0, bytesRead: 0 },
    snapshotDone: ({ state, lost, note }) => {
      if (state === "whole" || state === "repaired") reason = undefined;
      else reason = lost[0]?.reason ?? note ?? state;
    },
  });
  if (reason !== undefined) throw new CorruptDataError(`it is still damaged: ${reason}`);
}

/** A namespace of a repository alone, by the name that the other one has for it. */
function seenAs(
  repository: Repository,
  name: string,
  namespace: string,
): HelpingRepository {
  return {
    displayName: repository.displayName,
    listNamespaces: () => Promise.resolve([{ namespace: name }]),
    listSnapshots: async (asked, group) =>
      asked === name ? await repository.listSnapshots(namespace, group) : [],
    openSnapshot: async (_, snapshot) => await repository.openSnapshot(namespace, snapshot),
  };
}
