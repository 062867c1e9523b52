import { bytesEqual, quotePath } from "../bytes/mod.ts";
import { ChunkPipeline } from "../chunking/mod.ts";
import { CancelledError, UsageError } from "../errors/mod.ts";
import { MatchEntry, type MatchList, normaliseMatchPath } from "../fs/mod.ts";
import { createManifest, encodeManifestBlob, signManifest } from "../manifest/mod.ts";
import {
  type BackupTarget,
  MANIFEST_BLOB_NAME,
  parseArchiveName,
  splitArchiveNames,
} from "../repository/mod.ts";
import { withChangeRecord } from "../reuse/mod.ts";
import { BackupRun } from "./_backup_run.ts";
import { storeBlobArchive } from "./_blob_archive.ts";
import { CatalogArchive } from "./_catalog_archive.ts";
import { CountingObserver } from "./_counting_observer.ts";
import { storeEncryptedKey } from "./_encrypted_key.ts";
import { storeImages } from "./_image_group.ts";
import { describeUnmetExcludes } from "./_unmet_excludes.ts";
import { planBackup } from "./_dry_run.ts";
import { PreviousSnapshot } from "./_previous_snapshot.ts";
import type { TreeSettings } from "./_source_walk.ts";
import { storeSplitTreeArchive, storeTreeArchive } from "./_tree_archive.ts";
import { findUnchangedTrees, type UnchangedTrees } from "./_unchanged_trees.ts";
import { LastSnapshot } from "./_last_snapshot.ts";
import { withMasterKey } from "./_master_key_record.ts";
import { deviceOf } from "./_source_file.ts";
import { storeOutputArchive, storeSplitOutputArchive } from "./_output_archive.ts";
import type {
  ArchiveSpec,
  ArchiveStart,
  BackupObserver,
  BackupReport,
  BackupRequest,
} from "./backup_request.ts";

/** Memory for chunks where little is read: the previous archive and entries to compare need some. */
const COMPARING_MEMORY_BYTES = 64 * 1024 * 1024;

const DIGEST_LENGTH = 32;

/**
 * Makes one snapshot of all sources (spec: client-pipeline.md §1.2). It becomes visible only when
 * everything is stored; on any failure, or when the signal says so, nothing of it stays.
 *
 * @param request What to back up, and where to.
 * @param listener Hears of progress and of everything that is worth a line.
 * @throws {UsageError} if patterns or sources make no sense; {CancelledError} if the signal ended it.
 */
export async function runBackup(
  request: BackupRequest,
  listener: BackupObserver,
): Promise<BackupReport> {
  const started = performance.now();
  const observer = new CountingObserver(listener);
  const settings = new Settings(request, observer);
  request.signal.throwIfAborted();
  if (request.dryRun) {
    const planned = await planBackup(request, observer, settings);
    observer.log("info", "dry-run: no upload happened");
    if (request.plan === undefined) return report(request, observer, [], started);
    tellUnmetExcludes(request, observer, settings);
    return { ...report(request, observer, [], started), planned };
  }
  const last = request.skipIfUnchanged ? await LastSnapshot.find(request, observer) : undefined;
  const same = last && await findUnchangedTrees(request, observer, settings, last);
  const isCompared = same !== undefined && request.archives.every(({ kind }) => kind === "pxar");
  if (last !== undefined && isCompared && await last.hasSame([], new Map(), same.names)) {
    await request.pictures?.check();
    same.tell();
    tellUnmetExcludes(request, observer, settings);
    return unchanged(request, observer, last, started);
  }
  await using target = await request.repository.beginBackup({
    namespace: request.namespace,
    snapshot: request.snapshot,
    noCache: request.noCache,
  });
  request.onBegun?.();
  const crypt = request.crypt?.mode === "encrypt" ? request.crypt.config : undefined;
  const previous = await PreviousSnapshot.open(target, request, observer);
  const isComparing = request.changeDetectionMode === "metadata" && previous.hasPayload;
  const memoryBudgetBytes = isComparing
    ? Math.min(target.chunkMemoryBytes, COMPARING_MEMORY_BYTES)
    : target.chunkMemoryBytes;
  using pipeline = new ChunkPipeline({ memoryBudgetBytes, crypt });
  observer.progress.bytesExpected = previous.expectedBytes(request.archives);
  await previous.addKnownChunks(pipeline);
  await recallChunks(request, observer, target, pipeline);
  const run = new BackupRun(request, observer, target, pipeline, previous);
  const onAbort = () => run.abort();
  request.signal.addEventListener("abort", onAbort);
  let isStoring = true;
  target.lost?.then((reason) => {
    if (isStoring) run.fail(reason);
  });
  try {
    const isNew = await storeNews(run, settings, last, same);
    await request.pictures?.check();
    tellUnmetExcludes(request, observer, settings);
    if (!isNew) {
      request.sent?.forget();
      return unchanged(request, observer, last!, started);
    }
    await storeEncryptedKey(run);
    await storeManifest(run, target);
    request.signal.throwIfAborted();
    // A connection that is lost from here on may have done its work.
    isStoring = false;
    const { warnings } = await target.finish();
    request.sent?.forget();
    for (const warning of warnings) observer.log("warn", warning);
    return report(request, observer, run.reports, started);
  } catch (error) {
    run.abort();
    if (request.signal.aborted) {
      throw new CancelledError("the backup was interrupted, nothing of it is kept", {
        cause: error,
      });
    }
    throw run.rootCause(error);
  } finally {
    isStoring = false;
    request.signal.removeEventListener("abort", onAbort);
  }
}

/** Makes known what earlier attempts have sent, where the repository can be reminded of it. */
async function recallChunks(
  { sent, crypt }: BackupRequest,
  observer: BackupObserver,
  target: BackupTarget,
  pipeline: ChunkPipeline,
): Promise<void> {
  if (sent === undefined) return;
  const earlier = sent.earlier();
  const asked = earlier.count;
  const found = asked === 0
    ? undefined
    : await target.recallChunks?.(earlier, crypt?.mode === "encrypt");
  const kept = sent.keep(found ?? new Uint8Array());
  pipeline.addKnown(kept);
  if (asked > 0) {
    const count = kept.length / DIGEST_LENGTH;
    observer.log("debug", `an interrupted run has sent ${asked} chunks, ${count} are there`);
  }
  if (sent.problem !== undefined) {
    observer.log("debug", `what is sent is not written down: ${sent.problem}`);
  }
}

/**
 * Stores the archives, unless the last snapshot is found to have the same: those come last that were
 * compared with it before.
 *
 * @returns Whether there is something that it has not.
 */
async function storeNews(
  run: BackupRun,
  settings: Settings,
  last: LastSnapshot | undefined,
  same: UnchangedTrees | undefined,
): Promise<boolean> {
  const { archives } = run.request;
  const isCompared = ({ kind }: ArchiveSpec) => same !== undefined && kind === "pxar";
  await storeArchives(run, settings, archives.filter((spec) => !isCompared(spec)));
  // Another run may have made one since, or the repository passes this one over.
  const isLast = last !== undefined && run.previous.isSound &&
    run.target.previousTime === last.snapshot.time;
  if (isLast && await last.hasSame(run.files, run.blobContents, same?.names)) {
    same?.tell();
    return false;
  }
  if (same !== undefined) await storeArchives(run, settings, archives.filter(isCompared));
  return true;
}

async function storeArchives(
  run: BackupRun,
  settings: Settings,
  archives: readonly ArchiveSpec[],
): Promise<void> {
  const { request, observer } = run;
  let catalog: CatalogArchive | undefined;
  const tell = (spec: ArchiveSpec, shown: string) => {
    observer.progress.archive = shown;
    observer.archiveStarted?.(startOf(spec, shown));
  };
  for (const specs of groupImages(archives)) {
    request.signal.throwIfAborted();
    const [spec] = specs;
    const { kind, command } = spec;
    if (kind === "img") {
      await storeImages(run, specs, (image, name) => {
        tell(image, name);
        run.previous.tellOfIndex(name);
      });
      continue;
    }
    const { serverName } = parseArchiveName(spec.name);
    const split = kind === "pxar" && request.changeDetectionMode !== "legacy";
    tell(spec, split ? splitArchiveNames(serverName)!.metadata : serverName);
    if (kind !== "pxar") await storeBlobArchive(run, spec, serverName);
    else if (split && command !== undefined) {
      await storeSplitOutputArchive(run, command, serverName);
    } else if (split) await storeSplitTreeArchive(run, spec, serverName, settings);
    else {
      catalog ??= CatalogArchive.start(run);
      if (command !== undefined) await storeOutputArchive(run, command, serverName, catalog);
      else await storeTreeArchive(run, spec, serverName, catalog, settings);
    }
  }
  await catalog?.finish();
}

function tellUnmetExcludes(
  request: BackupRequest,
  observer: BackupObserver,
  settings: Settings,
): void {
  for (const line of describeUnmetExcludes(request, settings.excludes, settings.metExcludes)) {
    observer.log("warn", line);
  }
  for (const path of request.leaveOut?.listed?.missing ?? []) {
    observer.log("warn", `warning: listed path ${quotePath(path)} is in no source, or left out`);
  }
}

/** The archives in their order, images that follow each other together. */
function groupImages(archives: readonly ArchiveSpec[]): [ArchiveSpec, ...ArchiveSpec[]][] {
  const groups: [ArchiveSpec, ...ArchiveSpec[]][] = [];
  for (const spec of archives) {
    const last = groups.at(-1);
    if (spec.kind === "img" && last?.[0].kind === "img") last.push(spec);
    else groups.push([spec]);
  }
  return groups;
}

function startOf({ kind, path, command }: ArchiveSpec, serverName: string): ArchiveStart {
  return {
    kind,
    path,
    ...(command === undefined ? {} : { program: command.words[0] }),
    serverName,
  };
}

async function storeManifest(run: BackupRun, target: BackupTarget): Promise<void> {
  const manifest = createManifest(run.request.snapshot, run.files);
  const crypt = run.request.crypt;
  const signed = crypt === undefined ? manifest : signManifest(manifest, crypt.config);
  const { archiveRecords: archives, startedMs } = run;
  const recorded = archives.size === 0 ? signed : withChangeRecord(signed, { archives, startedMs });
  const complete = withMasterKey(recorded, crypt);
  const blob = await encodeManifestBlob(complete);
  run.observer.log("debug", `Upload ${MANIFEST_BLOB_NAME} (${blob.byteLength} bytes)`);
  await target.uploadBlob(MANIFEST_BLOB_NAME, blob);
}

function report(
  request: BackupRequest,
  observer: CountingObserver,
  archives: BackupReport["archives"],
  started: number,
): BackupReport {
  return {
    snapshot: request.snapshot,
    durationMs: performance.now() - started,
    archives,
    files: observer.progress.files,
    directories: observer.progress.directories,
    warnings: observer.warnings,
  };
}

/** The report of a run that ends without a snapshot: the last one stands for it. */
function unchanged(
  request: BackupRequest,
  observer: CountingObserver,
  { snapshot }: LastSnapshot,
  started: number,
): BackupReport {
  return { ...report(request, observer, [], started), snapshot, isUnchanged: true };
}

/** The request's settings of trees, checked before anything is begun. */
class Settings implements TreeSettings {
  readonly excludes: MatchList;
  readonly metExcludes: Uint8Array;
  readonly saidOnce = new Set<string>();
  readonly includeDevices: ReadonlySet<number>;

  constructor(request: BackupRequest, observer: BackupObserver) {
    this.excludes = parseExcludes(request, (message) => observer.log("warn", message));
    this.metExcludes = new Uint8Array(this.excludes.length);
    if (request.allFileSystems && request.includeDevices.length > 0) {
      throw new UsageError("option 'all-file-systems' conflicts with option 'include-dev'");
    }
    this.includeDevices = new Set(request.includeDevices.map(deviceOf));
    checkNames(request.archives);
  }
}

function parseExcludes(request: BackupRequest, warn: (message: string) => void): MatchList {
  const encoder = new TextEncoder();
  const entries = (request.leaveOut?.patterns ?? []).map((pattern) => new MatchEntry(pattern));
  for (const text of request.excludes) {
    if (text === "") continue;
    const given = encoder.encode(text);
    const pattern = normaliseMatchPath(given);
    if (!bytesEqual(pattern, given)) {
      warn(`exclude pattern '${text}' was cleaned up to ${quotePath(pattern)}`);
    }
    entries.push(new MatchEntry(pattern, "exclude"));
  }
  if (request.skipLostAndFound) {
    entries.push(new MatchEntry(encoder.encode("lost+found"), "exclude"));
  }
  return entries;
}

function checkNames(archives: readonly ArchiveSpec[]): void {
  if (archives.length === 0) throw new UsageError("nothing to back up was named");
  const seen = new Set<string>();
  for (const { name } of archives) {
    if (seen.has(name)) throw new UsageError(`got target twice: '${name}'`);
    seen.add(name);
  }
}
