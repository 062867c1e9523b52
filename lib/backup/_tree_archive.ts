import { PxarEncoder } from "../pxar/mod.ts";
import {
  describeWarning,
  formatMatchList,
  type MatchList,
  walkTree,
  type WalkWarning,
} from "../fs/mod.ts";
import { splitArchiveNames } from "../manifest/mod.ts";
import type { BackupRun } from "./_backup_run.ts";
import type { CatalogArchive } from "./_catalog_archive.ts";
import { ArchivingVisitor, type TreeDestination } from "./_tree_visitor.ts";
import type { ArchiveSpec } from "./backup_request.ts";

/** What all trees of a run have in common. */
export interface TreeSettings {
  readonly excludes: MatchList;
  /** One number for each of them: whether it has matched something in any tree. */
  readonly metExcludes: Uint8Array;
  readonly includeDevices: ReadonlySet<number>;
  /** Lines that are said once in a run, as far as they were said. */
  readonly saidOnce: Set<string>;
}

/** Stores a directory as one archive with a catalog entry (spec: client-pipeline.md §1.4). */
export async function storeTreeArchive(
  run: BackupRun,
  spec: ArchiveSpec,
  serverName: string,
  catalog: CatalogArchive,
  settings: TreeSettings,
): Promise<void> {
  await run.previous.addKnownChunks(serverName, run.pipeline);
  const averageSizeBytes = run.request.chunkSizeBytes;
  const stream = run.openStream({ kind: "dynamic", averageSizeBytes });
  const patterns = formatMatchList(settings.excludes);
  const destination: TreeDestination = {
    encoder: new PxarEncoder(stream),
    stream,
    catalog,
    ...(patterns.byteLength === 0 ? {} : {
      excludeCliFile: {
        content: patterns,
        metadata: {
          mode: 0o100600,
          flags: 0,
          uid: Deno.uid() ?? 0,
          gid: Deno.gid() ?? 0,
          mtimeSecs: 0,
          mtimeNanos: 0,
        },
      },
    }),
  };
  catalog.writer.startArchive(serverName);
  await run.together([
    walk(run, spec, destination, settings, async () => {
      catalog.writer.endArchive();
      await stream.end();
    }),
    run.store(stream, serverName, "dynamic"),
  ]);
}

/** Stores a directory as a split archive: metadata and payload (spec: client-pipeline.md §3.2). */
export async function storeSplitTreeArchive(
  run: BackupRun,
  spec: ArchiveSpec,
  serverName: string,
  settings: TreeSettings,
): Promise<void> {
  const names = splitArchiveNames(serverName)!;
  await run.previous.addKnownChunks(names.payload, run.pipeline);
  await run.previous.addKnownChunks(names.metadata, run.pipeline);
  const averageSizeBytes = run.request.chunkSizeBytes;
  const stream = run.openStream({ kind: "dynamic", averageSizeBytes });
  const payload = run.openStream({ kind: "payload", averageSizeBytes });
  const patterns = new TextDecoder().decode(formatMatchList(settings.excludes));
  const destination: TreeDestination = {
    encoder: new PxarEncoder(stream, payload),
    stream,
    payload,
    ...(patterns === "" ? {} : {
      prelude: new TextEncoder().encode(JSON.stringify({ "exclude-patterns": patterns })),
    }),
  };
  // The payload is listed before the metadata (spec: client-pipeline.md §1.2).
  const payloadStored = run.store(payload, names.payload, "dynamic");
  await run.together([
    walk(run, spec, destination, settings, async () => {
      await payload.end();
      await payloadStored.catch(() => {});
      await stream.end();
    }),
    payloadStored,
    run.store(stream, names.metadata, "dynamic"),
  ]);
}

async function walk(
  run: BackupRun,
  spec: ArchiveSpec,
  destination: TreeDestination,
  settings: TreeSettings,
  end: () => Promise<void>,
): Promise<void> {
  const { request, observer } = run;
  const onWarning = (warning: WalkWarning) => {
    const { level, text } = describeWarning(warning);
    if (warning.kind === "attributes-left-out") {
      if (settings.saidOnce.has(text)) return;
      settings.saidOnce.add(text);
    }
    observer.log(level, text);
  };
  const visitor = new ArchivingVisitor(destination, observer.progress, onWarning);
  try {
    await walkTree({
      source: spec.path,
      excludes: settings.excludes,
      metExcludes: settings.metExcludes,
      allFileSystems: request.allFileSystems,
      includeDevices: settings.includeDevices,
      entriesMax: request.entriesMax,
      skipE2bigXattr: request.skipE2bigXattr,
      onWarning,
      signal: request.signal,
    }, visitor);
    await end();
  } catch (error) {
    throw visitor.explain(error);
  }
  visitor.settle();
}
