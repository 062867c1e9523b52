import { describeError } from "../errors/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";
import type { ManifestFile } from "../manifest/mod.ts";
import { parseArchiveName, type SnapshotSource, splitArchiveNames } from "../repository/mod.ts";
import { PreviousRecord, PreviousTree } from "../reuse/mod.ts";
import type { BackupRun } from "./_backup_run.ts";
import { openMetadataPieces } from "./_metadata_pieces.ts";

/**
 * The split archive of the previous snapshot that change detection compares with
 * (spec: client-pipeline.md §3.3). Whatever is wrong with it only means that all files are read.
 */
export class PreviousArchive implements AsyncDisposable {
  readonly #resources: AsyncDisposableStack;

  private constructor(
    /** The payload index; its chunks are registered with the target. */
    readonly index: ChunkIndex,
    readonly tree: PreviousTree,
    readonly record: PreviousRecord,
    resources: AsyncDisposableStack,
  ) {
    this.#resources = resources;
  }

  /**
   * Opens the previous archive of that name.
   *
   * @param serverName Of the unsplit archive, `root.pxar.didx`.
   * @returns undefined if there is none that could be used; the observer has heard why.
   */
  static async open(run: BackupRun, serverName: string): Promise<PreviousArchive | undefined> {
    const { manifest } = run.previous;
    const names = splitArchiveNames(serverName)!;
    const find = (name: string) => manifest?.files.find(({ filename }) => filename === name);
    const [metadata, payload] = [find(names.metadata), find(names.payload)];
    if (metadata === undefined || payload === undefined) return undefined;
    const { observer } = run;
    if (metadata.cryptMode !== run.cryptMode || payload.cryptMode !== run.cryptMode) {
      observer.log("info", "Crypt mode mismatch, continue without reference");
      return undefined;
    }
    try {
      const archive = await openBoth(
        run,
        parseArchiveName(serverName).clientName,
        metadata,
        payload,
      );
      observer.log(
        "info",
        `Using previous index as metadata reference for '${names.metadata}'`,
      );
      return archive;
    } catch (error) {
      if (run.request.signal.aborted) throw error;
      observer.log(
        "warn",
        `All files are read: '${names.metadata}' of the previous snapshot cannot be used - ` +
          describeError(error)[0],
      );
      return undefined;
    }
  }

  /** Made here, where the constructor is in reach. */
  static from(
    index: ChunkIndex,
    tree: PreviousTree,
    record: PreviousRecord,
    resources: AsyncDisposableStack,
  ): PreviousArchive {
    return new PreviousArchive(index, tree, record, resources);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}

async function openBoth(
  run: BackupRun,
  archiveName: string,
  metadata: ManifestFile,
  payload: ManifestFile,
): Promise<PreviousArchive> {
  const { request, previous, target } = run;
  const index = await previous.readIndex(payload.filename);
  await using opening = new AsyncDisposableStack();
  const snapshot = { ...request.snapshot, time: target.previousTime! };
  const source: SnapshotSource = opening.use(
    await request.repository.openSnapshot(request.namespace, snapshot),
  );
  const crypt = request.crypt?.mode === "encrypt" ? request.crypt.config : undefined;
  const next = await openMetadataPieces(source, metadata, crypt, opening);
  const tree = opening.use(new PreviousTree(next));
  const record = new PreviousRecord(previous.manifest!, archiveName);
  return PreviousArchive.from(index, tree, record, opening.move());
}
