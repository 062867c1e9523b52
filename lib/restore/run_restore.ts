import { Errno } from "../../ffi/errno.ts";
import { ChunkDecoder } from "../chunking/mod.ts";
import { CancelledError, PbsError, SystemError, UsageError } from "../errors/mod.ts";
import { MatchEntry, TreeExtractor } from "../fs/mod.ts";
import {
  lookUpArchive,
  lookUpFile,
  type ManifestArchive,
  serializeManifest,
} from "../manifest/mod.ts";
import { CheckedSnapshot } from "../reading/mod.ts";
import { CLIENT_LOG_BLOB_NAME, MANIFEST_BLOB_NAME, parseArchiveName } from "../repository/mod.ts";
import { DryExtractor } from "./_dry_extractor.ts";
import { NewTarget } from "./_new_target.ts";
import { NothingSelectedError } from "./_nothing_selected_error.ts";
import { OutputFile, replaceFile } from "./_output_file.ts";
import { restoreStream } from "./_restore_image.ts";
import { restoreRewritten, type RewrittenArchive } from "./_restore_rewritten.ts";
import { restoreTree } from "./_restore_tree.ts";
import type { RestoreObserver, RestoreReport, RestoreRequest } from "./restore_request.ts";

const MANIFEST_NAME = MANIFEST_BLOB_NAME.replace(/\.blob$/, "");

/**
 * Restores one archive of a snapshot (spec: client-pipeline.md §4, cli.md §4.2). Everything is
 * verified before it is used.
 *
 * @param request What to restore, and where to.
 * @param observer Hears of progress and of everything that is worth a line.
 * @throws {UsageError} if archive, target and options do not fit together.
 * @throws {NotFoundError} if the snapshot has no such archive, or patterns select nothing of it.
 * @throws {CorruptDataError} if something is damaged; what could be restored stays.
 * @throws {CancelledError} if the signal ended it.
 */
export async function runRestore(
  request: RestoreRequest,
  observer: RestoreObserver,
): Promise<RestoreReport> {
  const started = performance.now();
  try {
    const done = await restore(request, observer);
    return { ...done, durationMs: performance.now() - started };
  } catch (error) {
    if (!request.signal.aborted) throw error;
    throw new CancelledError("the restore was interrupted", { cause: error });
  }
}

type Outcome = Omit<RestoreReport, "durationMs">;

async function restore(request: RestoreRequest, observer: RestoreObserver): Promise<Outcome> {
  const name = parseArchiveName(request.archiveName);
  if (request.patterns.length > 0 && request.target === "-" && request.format === undefined) {
    throw new UsageError("patterns not allowed when restoring to stdout");
  }
  const { source, crypt } = request;
  const snapshot = await CheckedSnapshot.open(source, crypt, name.serverName, observer);
  const isTree = /\.[mp]?pxar\.didx$/.test(name.serverName);
  if (request.patterns.length > 0 && !isTree) {
    observer.log("warn", `warning: ${name.clientName} is no file archive, patterns have no effect`);
  }
  if (request.format === "tar" && (!isTree || request.target !== "-")) {
    throw new UsageError(
      isTree
        ? "a tar file is written to the standard output only, the target '-'"
        : `only file archives can be written as tar, '${name.clientName}' is none`,
    );
  }
  if (name.serverName === MANIFEST_BLOB_NAME || name.clientName === MANIFEST_NAME) {
    return await restoreManifest(snapshot, request);
  }
  if (name.serverName === CLIENT_LOG_BLOB_NAME) {
    const content = await snapshot.readLog();
    if (content !== undefined) return await writeBlob(content, request);
  }
  if (name.kind === "blob") {
    const content = await snapshot.readBlob(lookUpFile(snapshot.manifest, name.serverName));
    return await writeBlob(content, request);
  }
  const archive = lookUpArchive(snapshot.manifest, name.serverName);
  using decoder = new ChunkDecoder(crypt === undefined ? {} : { crypt });
  if (request.inPlace !== undefined && (!isTree || request.target === "-")) {
    throw new UsageError(
      `${name.clientName} cannot be restored in place: only a tree to a directory`,
    );
  }
  if (isTree && request.target !== "-") {
    return await restoreTreeTo(request.target, { snapshot, archive, decoder }, request, observer);
  }
  const { format } = request;
  const isRewritten = archive.form === "split" || request.patterns.length > 0;
  if (isTree && (format === "tar" || (format === "pxar" && isRewritten))) {
    const tree = { snapshot, archive, decoder };
    return await restoreAnew(tree, { ...request, format }, observer);
  }
  if (archive.form === "split") {
    throw new UsageError("unable to pipe split archive", {
      situation: { kind: "split-archive-to-pipe" },
    });
  }
  const { file } = archive;
  const { target, signal } = request;
  const bytes = await restoreStream(snapshot, file, { decoder, target, observer, signal });
  return { kind: name.kind === "fixed" ? "image" : "stream", files: 1, bytes, warnings: 0 };
}

async function restoreManifest(
  snapshot: CheckedSnapshot,
  request: RestoreRequest,
): Promise<Outcome> {
  const content = new TextEncoder().encode(serializeManifest(snapshot.manifest));
  if (request.target === "-") return await writeBlob(content, request);
  await replaceFile(request.target, content);
  return { kind: "blob", files: 1, bytes: content.byteLength, warnings: 0 };
}

async function writeBlob(content: Uint8Array, request: RestoreRequest): Promise<Outcome> {
  using output = OutputFile.create(request.target);
  await output.write(content);
  output.finish();
  return { kind: "blob", files: 1, bytes: content.byteLength, warnings: 0 };
}

/** An archive of a snapshot and the means to decode it. */
interface OpenedTree {
  readonly snapshot: CheckedSnapshot;
  readonly archive: ManifestArchive;
  readonly decoder: ChunkDecoder;
}

async function restoreTreeTo(
  target: Uint8Array,
  { snapshot, archive, decoder }: OpenedTree,
  request: RestoreRequest,
  observer: RestoreObserver,
): Promise<Outcome> {
  const patterns = patternsOf(request);
  let warnings = 0;
  const warn = (message: string) => {
    warnings++;
    observer.log("warn", message);
  };
  const { inPlace } = request;
  const isReplacing = inPlace !== undefined;
  using newTarget = NewTarget.watch(target);
  await using extractor = inPlace?.dryRun ? new DryExtractor() : TreeExtractor.open(target, {
    allowExistingDirs: isReplacing || request.allowExistingDirs,
    overwriteFiles: isReplacing || request.overwriteFiles,
    overwriteSymlinks: isReplacing || request.overwriteSymlinks,
    overwriteHardlinks: isReplacing || request.overwriteHardlinks,
    overwriteOthers: isReplacing || request.overwriteOthers,
    replace: isReplacing,
    // Flags that are to be ignored must not be taken away either.
    ...(isReplacing && request.ignoreFlags ? { attributeFlags: 0 } : {}),
    ignoreAcls: request.ignoreAcls,
    ignoreFcaps: request.ignoreFcaps,
    ignoreFlags: request.ignoreFlags,
    ignoreXattrs: request.ignoreXattrs,
    ignoreOwnership: request.ignoreOwnership,
    ignorePermissions: request.ignorePermissions,
    ignoreExtractDeviceErrors: request.ignoreExtractDeviceErrors,
    errorPolicy: "collect",
    onError: ({ message }) => observer.log("error", message),
    onNote: (message, level) => level === "warn" ? warn(message) : observer.log("info", message),
  });
  const onPrelude = (prelude: Uint8Array | undefined) => writePrelude(prelude, request, observer);
  const onSelected = (selected: number, unmatched: readonly number[]) => {
    if (selected === 0) newTarget.removeLater();
    checkSelected(request, selected, unmatched, warn);
  };
  const { report, made, failure } = await restoreTree(snapshot, archive, {
    decoder,
    target: { extractor, patterns, onSelected, onPrelude },
    ...(inPlace === undefined ? {} : { inPlace: { ...inPlace, path: target, ignored: request } }),
    observer,
    signal: request.signal,
  });
  if (failure !== undefined) throw failure;
  if (report.errorCount === 0 && made.errors > 0) {
    const what = made.errors === 1 ? "1 entry" : `${made.errors} entries`;
    throw new PbsError(`${what} could not be replaced`);
  }
  const [first] = report.errors;
  if (first !== undefined) {
    const others = report.errorCount - 1;
    const message = `error extracting archive - ${first.message}` +
      (others > 0 ? ` (and ${others} further error${others > 1 ? "s" : ""})` : "");
    if (first.errno === 0) throw new PbsError(message);
    throw new SystemError(
      first.errno,
      message,
      first.errno === Errno.EEXIST ? { situation: { kind: "target-exists", what: "tree" } } : {},
    );
  }
  const { bytesDone: bytes } = observer.progress;
  return { kind: "tree", tree: made, files: report.files, bytes, warnings };
}

async function restoreAnew(
  { snapshot, archive, decoder }: OpenedTree,
  request: RestoreRequest & Pick<RewrittenArchive, "format">,
  observer: RestoreObserver,
): Promise<Outcome> {
  let warnings = 0;
  const counting: RestoreObserver = {
    progress: observer.progress,
    treeMade: (made) => observer.treeMade?.(made),
    log: (level, message) => {
      if (level === "warn") warnings++;
      observer.log(level, message);
    },
  };
  const tree = await restoreRewritten(
    snapshot,
    archive,
    {
      decoder,
      format: request.format,
      patterns: patternsOf(request),
      attributes: {
        xattrs: !request.ignoreXattrs,
        fcaps: !request.ignoreFcaps,
        acls: !request.ignoreAcls,
      },
      onPrelude: (prelude) => writePrelude(prelude, request, observer),
      onSelected: (selected, unmatched) =>
        checkSelected(request, selected, unmatched, (line) => counting.log("warn", line)),
    },
    counting,
    request.signal,
  );
  const { bytesDone: bytes } = observer.progress;
  return { kind: "tree", tree, files: tree.files, bytes, warnings };
}

function patternsOf({ patterns, selection = [] }: RestoreRequest): MatchEntry[] {
  const encoder = new TextEncoder();
  return [
    ...patterns.map((text) => new MatchEntry(encoder.encode(text), "include")),
    ...selection,
  ];
}

/** Refuses patterns that select nothing, and names those that match nothing. */
function checkSelected(
  request: RestoreRequest,
  selected: number,
  unmatched: readonly number[],
  warn: (message: string) => void,
): void {
  if (selected === 0) throw nothingSelected(request, unmatched.length);
  for (const i of unmatched) {
    if (i < request.patterns.length) {
      warn(`warning: pattern '${request.patterns[i]}' matched nothing`);
    }
  }
}

/** Names the patterns of a restore that would make nothing. */
function nothingSelected(
  { patterns, archiveName }: RestoreRequest,
  unmatchedCount: number,
): NothingSelectedError {
  if (patterns.length === 0) {
    return new NothingSelectedError(`what is selected is not in ${archiveName}`);
  }
  const names = patterns.map((text) => `'${text}'`).join(", ");
  const verb = unmatchedCount === patterns.length ? "match" : "select";
  const [noun, ending] = patterns.length === 1
    ? ["pattern", verb === "match" ? "es" : "s"]
    : ["patterns", ""];
  return new NothingSelectedError(
    `the ${noun} ${names} ${verb}${ending} nothing in ${archiveName}; ` +
      "paths begin at the root of the archive",
  );
}

async function writePrelude(
  prelude: Uint8Array | undefined,
  request: RestoreRequest,
  observer: RestoreObserver,
): Promise<void> {
  if (request.preludeTarget === undefined) return;
  if (prelude === undefined) {
    observer.log("info", "No prelude entry found, skip prelude restore.");
    return;
  }
  if (request.overwriteFiles) {
    await replaceFile(request.preludeTarget, prelude);
    return;
  }
  using output = OutputFile.create(request.preludeTarget);
  await output.write(prelude);
  output.finish();
}
