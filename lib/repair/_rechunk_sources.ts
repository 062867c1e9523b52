import { type BackupRequest, newBackupProgress, runBackup } from "../backup/mod.ts";
import { CancelledError } from "../errors/mod.ts";
import type { PlacedSnapshot } from "../repository/mod.ts";
import type { ChunkRepair } from "./_chunk_repair.ts";
import type { RepairContext } from "./_repair_context.ts";
import { RechunkTarget } from "./_rechunk_target.ts";

/** A file of a damaged snapshot, as far as it says how its archive was made. */
export interface MadeFile {
  readonly filename: string;
  readonly isEncrypted: boolean;
}

/**
 * Makes the archives of the sources once more, in each form in which damaged snapshots have them, and
 * takes of them what is bad or missing. No snapshot is made.
 *
 * @param broken Damaged files.
 */
export async function rechunkSources(
  context: RepairContext,
  chunks: ChunkRepair,
  placed: PlacedSnapshot,
  broken: readonly MadeFile[],
): Promise<void> {
  const { observer, request } = context;
  for (const isEncrypted of [false, true]) {
    const files = broken.filter((file) => file.isEncrypted === isEncrypted);
    if (files.length === 0) continue;
    if (isEncrypted && request.crypt === undefined) {
      observer.log(
        "warn",
        "encrypted archives are not made from the sources: that takes their key (--keyfile)",
      );
      continue;
    }
    const isSplit = ({ filename }: MadeFile) => /\.[mp]pxar\.didx$/.test(filename);
    const modes = new Set(files.map((file) => isSplit(file) ? "data" as const : "legacy" as const));
    for (const changeDetectionMode of modes) {
      await rechunk(context, chunks, placed, {
        changeDetectionMode,
        ...(isEncrypted ? { crypt: { config: request.crypt!, mode: "encrypt" } } : {}),
      });
    }
  }
}

async function rechunk(
  context: RepairContext,
  chunks: ChunkRepair,
  placed: PlacedSnapshot,
  form: Pick<BackupRequest, "changeDetectionMode" | "crypt">,
): Promise<void> {
  const { observer, request } = context;
  const { snapshot } = placed;
  const target = new RechunkTarget(context, chunks, placed, snapshot);
  const words = request.sources.map(({ name }) => name).join(", ");
  const mode = `${form.changeDetectionMode}${form.crypt === undefined ? "" : ", encrypted"}`;
  observer.log("info", `reading the sources of ${words} once more (${mode})`);
  using _hold = request.dryRun ? undefined : await context.target.hold(request.signal);
  await runBackup({
    repository: {
      beginBackup: () => Promise.resolve(target),
      openSnapshot: () => Promise.reject(new CancelledError("there is no previous snapshot")),
    },
    namespace: placed.namespace,
    snapshot,
    archives: request.sources,
    excludes: request.excludes,
    skipLostAndFound: false,
    allFileSystems: false,
    includeDevices: [],
    entriesMax: Number.MAX_SAFE_INTEGER,
    chunkSizeBytes: request.chunkSizeBytes,
    dryRun: false,
    noCache: false,
    skipE2bigXattr: false,
    signal: request.signal,
    ...form,
  }, {
    log: (level, message) => observer.log(level === "info" ? "debug" : level, message),
    progress: newBackupProgress(),
  });
}
