import type { ChunkStream } from "../chunking/mod.ts";
import { PxarEncoder } from "../pxar/mod.ts";
import { walkTree, type WalkWarning } from "../fs/mod.ts";
import { splitArchiveNames } from "../repository/mod.ts";
import { CheapestReuse, RereadRound } from "../reuse/mod.ts";
import type { BackupRun } from "./_backup_run.ts";
import { PreviousArchive } from "./_previous_archive.ts";
import { ReusingVisitor } from "./_reusing_visitor.ts";
import type { CatalogArchive } from "./_catalog_archive.ts";
import { sourceRecord, sourceWalk, tellWarning, type TreeSettings } from "./_source_walk.ts";
import { ArchivingVisitor, type TreeDestination } from "./_tree_visitor.ts";
import type { ArchiveSpec, BackupObserver, ReuseStatistics } from "./backup_request.ts";

/** Stores a directory as one archive with a catalog entry (spec: client-pipeline.md §1.4). */
export async function storeTreeArchive(
  run: BackupRun,
  spec: ArchiveSpec,
  serverName: string,
  catalog: CatalogArchive,
  settings: TreeSettings,
): Promise<void> {
  run.previous.tellOfIndex(serverName);
  const averageSizeBytes = run.request.chunkSizeBytes;
  const stream = run.openStream({ kind: "dynamic", averageSizeBytes });
  const destination: TreeDestination<ChunkStream> = {
    encoder: new PxarEncoder(stream),
    stream,
    catalog,
    ...sourceRecord(run.request, settings, spec, false, run.observer),
  };
  catalog.writer.startArchive(serverName);
  await run.together([
    walk(run, spec, settings, {
      destination,
      end: async () => {
        catalog.writer.endArchive();
        await stream.end();
      },
    }),
    run.store(stream, serverName, "dynamic"),
  ]);
}

/**
 * Stores a directory as a split archive: metadata and payload (spec: client-pipeline.md §3.2). In
 * mode `metadata` files that have not changed are taken over from the previous one.
 */
export async function storeSplitTreeArchive(
  run: BackupRun,
  spec: ArchiveSpec,
  serverName: string,
  settings: TreeSettings,
): Promise<void> {
  const names = splitArchiveNames(serverName)!;
  await using previous = run.request.changeDetectionMode === "metadata"
    ? await PreviousArchive.open(run, serverName)
    : undefined;
  run.previous.tellOfIndex(names.payload);
  run.previous.tellOfIndex(names.metadata);
  const averageSizeBytes = run.request.chunkSizeBytes;
  const stream = run.openStream({ kind: "dynamic", averageSizeBytes });
  const payload = run.openStream({ kind: "payload", averageSizeBytes });
  const destination: TreeDestination<ChunkStream> = {
    encoder: new PxarEncoder(stream, payload),
    stream,
    payload,
    ...sourceRecord(run.request, settings, spec, true, run.observer),
  };
  // The payload is listed before the metadata (spec: client-pipeline.md §1.2).
  const payloadStored = run.store(payload, names.payload, "dynamic");
  await run.together([
    walk(run, spec, settings, {
      destination,
      previous,
      end: async () => {
        await payload.end();
        await payloadStored.catch(() => {});
        await stream.end();
      },
    }),
    payloadStored,
    run.store(stream, names.metadata, "dynamic"),
  ]);
}

interface Walk {
  readonly destination: TreeDestination<ChunkStream>;
  /** The archive to take unchanged files over from. */
  readonly previous?: PreviousArchive | undefined;
  /** Ends the streams of the archive. */
  readonly end: () => Promise<void>;
}

async function walk(
  run: BackupRun,
  spec: ArchiveSpec,
  settings: TreeSettings,
  { destination, previous, end }: Walk,
): Promise<void> {
  const { request, observer } = run;
  const doubtful: Uint8Array[] = [];
  const onWarning = (warning: WalkWarning) => {
    if (isContentWarning(warning)) doubtful.push(warning.path);
    tellWarning(warning, settings, observer);
  };
  const visitor = new ArchivingVisitor(destination, observer.progress, onWarning);
  const reread = previous && new RereadRound(
    previous.record.rereadTo,
    request.rereadEvery === undefined ? 0 : Math.ceil(previous.index.size / request.rereadEvery),
  );
  const reusing = previous && new ReusingVisitor(visitor, {
    encoder: destination.encoder,
    payload: destination.payload!,
    index: previous.index,
    tree: previous.tree,
    record: previous.record,
    reread: reread!,
    source: spec.readPath ?? spec.path,
    makePlanner: (sink) =>
      request.makePlanner?.(previous.index, sink) ?? new CheapestReuse(previous.index, sink),
    onWarning,
  });
  const options = sourceWalk(request, settings, spec, onWarning);
  try {
    await walkTree(options, reusing ?? visitor);
    await reusing?.finish();
    await end();
  } catch (error) {
    reusing?.abandon();
    throw visitor.explain(error);
  }
  visitor.settle();
  const { tooLarge, tooLargeBytes } = options.progress;
  if (tooLarge > 0) {
    const sizes = `${tooLarge} files, ${tooLargeBytes} bytes`;
    observer.log("info", `left out because of their size: ${sizes}`);
  }
  if (destination.payload !== undefined) {
    const rereadTo = reread?.rereadTo;
    run.archiveRecords.set(spec.name, {
      doubtful,
      ...(rereadTo === undefined ? {} : { rereadTo }),
    });
  }
  if (reusing !== undefined) summarise(reusing.statistics, previous!, observer);
}

/** Whether a file's stored content is not what it had at any one time. */
function isContentWarning({ kind }: WalkWarning): boolean {
  return kind === "shrunk" || kind === "grew" || kind === "unreadable";
}

/** The lines at the end of an archive that had a reference (spec: cli.md §4.1.3). */
function summarise(
  statistics: ReuseStatistics,
  { tree }: PreviousArchive,
  observer: BackupObserver,
): void {
  if (tree.problem !== undefined) {
    observer.log(
      "warn",
      `The previous archive could be used in part only, other files were read - ${tree.problem}`,
    );
  }
  observer.changesDetected?.(statistics);
}
