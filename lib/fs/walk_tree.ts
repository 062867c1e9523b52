import { quotePath } from "../bytes/mod.ts";
import { fileSystemMagic, openCaptureRoot, TreeCapture } from "../../ffi/capture.ts";
import { CaptureFeature } from "../../ffi/native_layout.ts";
import { errnoText } from "../../ffi/errno.ts";
import { CancelledError, SystemError, UsageError } from "../errors/mod.ts";
import { captureFeatures, isVirtualFileSystem } from "./filesystem_features.ts";
import { MatchEntry } from "./match_entry.ts";
import { compileMatchList } from "./match_program.ts";
import type { WalkOptions } from "./walk_options.ts";
import { WalkProgress } from "./walk_progress.ts";
import type { TreeVisitor } from "./walk_visitor.ts";
import { TreeWalk } from "./_tree_walk.ts";

/** How long an aborted walk waits for a system call that is under way. */
const ABORT_PATIENCE_MS = 200;

/** Bits of {@linkcode CaptureFeature} that the options ask for. */
function wantedFeatures(options: WalkOptions): number {
  let wanted: number = CaptureFeature.ProjectId | CaptureFeature.FatAttributes;
  if (options.xattrs === false) return wanted;
  wanted |= CaptureFeature.Xattrs;
  if (options.acls !== false) wanted |= CaptureFeature.Acl;
  if (options.fcaps !== false) wanted |= CaptureFeature.Fcaps;
  return wanted;
}

function openSource(options: WalkOptions): { fd: number; magic: number } {
  const { source } = options;
  const path = typeof source === "string" ? new TextEncoder().encode(source) : source;
  if (path.includes(0)) throw new UsageError(`source path ${quotePath(path)} has a zero byte`);
  const fd = openCaptureRoot(path, options.followSource ?? true);
  if (fd < 0) {
    throw new SystemError(-fd, `cannot open directory ${quotePath(path)}: ${errnoText(-fd)}`);
  }
  return { fd, magic: fileSystemMagic(fd) };
}

function cancelled(signal: AbortSignal): CancelledError {
  return new CancelledError("the walk was cancelled", { cause: signal.reason });
}

/** Rejects as soon as the signal fires. */
function whenAborted(signal: AbortSignal): { promise: Promise<never>; forget: () => void } {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  const onAbort = () => reject(cancelled(signal));
  signal.addEventListener("abort", onAbort, { once: true });
  return { promise, forget: () => signal.removeEventListener("abort", onAbort) };
}

/**
 * Walks a directory tree and calls a visitor for every entry an archive gets (spec: pxar.md §5).
 *
 * System calls run ahead on another thread, a batch of entries at a time. What was left out or looks
 * odd is reported by `options.onWarning` and does not end the walk.
 *
 * @returns The counters: `options.progress` or new ones.
 * @throws {UsageError} if the source is on a virtual file system, or a pattern is wrong.
 * @throws {SystemError} that names the path, if a call fails that must not.
 * @throws {CancelledError} if `options.signal` fires.
 * @throws whatever the visitor throws.
 */
export async function walkTree(options: WalkOptions, visitor: TreeVisitor): Promise<WalkProgress> {
  const excludes = [...options.excludes ?? []];
  if (options.skipLostAndFound) {
    excludes.push(new MatchEntry(new TextEncoder().encode("lost+found")));
  }
  if (options.signal?.aborted) throw cancelled(options.signal);
  const wanted = wantedFeatures(options);
  const root = openSource(options);
  const capture = new TreeCapture(root.fd, captureFeatures(root.magic, wanted));
  const walk = new TreeWalk(
    capture,
    { ...options, progress: options.progress ?? new WalkProgress(), wanted },
    visitor,
  );
  const aborted = options.signal && whenAborted(options.signal);
  try {
    if (root.magic >= 0 && isVirtualFileSystem(root.magic)) {
      throw new UsageError("refusing to backup a virtual file system");
    }
    capture.addPatterns(compileMatchList(excludes));
    walk.begin();
    await (aborted ? Promise.race([walk.run(aborted.promise), aborted.promise]) : walk.run());
    const leftOut = walk.attributesLeftOut;
    if (leftOut.length > 0) {
      const path = new Uint8Array();
      options.onWarning?.({ kind: "attributes-left-out", path, detail: leftOut.join(", ") });
    }
    const selection = options.filters?.selection;
    selection?.note(capture.selected(selection.count));
    const { metExcludes } = options;
    if (metExcludes !== undefined) {
      const met = capture.metPatterns(excludes.length);
      for (let i = 0; i < metExcludes.length; i++) metExcludes[i]! |= met[i] ?? 0;
    }
  } finally {
    aborted?.forget();
    await close(walk, options.signal?.aborted ?? false);
  }
  return walk.progress;
}

/** Frees everything; after an abort without waiting for a file system that does not answer. */
async function close(walk: TreeWalk, isAborted: boolean): Promise<void> {
  const closing = walk.close();
  if (!isAborted) return await closing;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ABORT_PATIENCE_MS);
  await Promise.race([closing, promise]);
  clearTimeout(timer);
}
