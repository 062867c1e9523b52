import { closeFile } from "../../ffi/posix_files.ts";
import { quotePath } from "../bytes/mod.ts";
import { walkTree, type WalkWarning } from "../fs/mod.ts";
import { parseArchiveName, type Repository } from "../repository/mod.ts";
import { LeftOutSearch } from "./_left_out.ts";
import { PlanVisitor } from "./_plan_tree.ts";
import { PreviousSnapshot } from "./_previous_snapshot.ts";
import { openSource, sourceSize } from "./_source_file.ts";
import { withSourceStat } from "./_source_stat.ts";
import { sourceWalk, tellWarning, type TreeSettings } from "./_source_walk.ts";
import type { ArchiveSpec, BackupObserver, BackupRequest } from "./backup_request.ts";
import type { PlannedArchive } from "./plan.ts";

const S_IFMT = 0o170000;
const S_IFIFO = 0o010000;

/**
 * Does what comes before the first upload, and tells what would be stored if the request asks for that.
 * Nothing is written in a directory; a server is asked by a session that ends before sources are looked
 * at, as the official client does (spec: protocol.md §9.4).
 *
 * @returns The archives that a run would make; none if they were not asked for.
 * @throws As a run would.
 */
export async function planBackup(
  request: BackupRequest,
  observer: BackupObserver,
  settings: TreeSettings,
): Promise<PlannedArchive[]> {
  await askRepository(request, observer);
  const planned: PlannedArchive[] = [];
  for (const spec of request.archives) {
    request.signal.throwIfAborted();
    const { kind, path, command } = spec;
    const { serverName } = parseArchiveName(spec.name);
    const program = command === undefined ? {} : { program: command.words[0] };
    observer.archiveStarted?.({ kind, path, ...program, serverName });
    if (request.plan === undefined) continue;
    planned.push(await planArchive(request, observer, settings, { spec, serverName }));
  }
  observer.progress.path = undefined;
  return planned;
}

/** Finds out whether a backup could begin, and says on what it would build. */
async function askRepository(request: BackupRequest, observer: BackupObserver): Promise<void> {
  const { repository, namespace, snapshot, noCache } = request;
  const begin = { namespace, snapshot, noCache };
  const preview: Repository["previewBackup"] = repository.previewBackup?.bind(repository);
  if (preview !== undefined) {
    await PreviousSnapshot.open(await preview(begin), request, observer);
    request.onBegun?.();
    return;
  }
  await using target = await repository.beginBackup(begin);
  request.onBegun?.();
  await PreviousSnapshot.open(target, request, observer);
}

async function planArchive(
  request: BackupRequest,
  observer: BackupObserver,
  settings: TreeSettings,
  { spec, serverName }: { readonly spec: ArchiveSpec; readonly serverName: string },
): Promise<PlannedArchive> {
  if (spec.command !== undefined) return { name: serverName, sizeBytes: undefined, leftOut: [] };
  if (spec.kind !== "pxar") {
    return { name: serverName, sizeBytes: await sizeOf(spec, request.signal), leftOut: [] };
  }
  const { depth, listsLeftOut } = request.plan!;
  const onWarning = (warning: WalkWarning) => {
    search?.addTold(warning.path);
    tellWarning(warning, settings, observer);
  };
  const walk = sourceWalk(request, settings, spec, onWarning);
  const search = listsLeftOut
    ? new LeftOutSearch(spec.readPath ?? spec.path, walk, request.signal)
    : undefined;
  const visitor = new PlanVisitor(
    depth,
    observer.progress,
    search && ((directory) => search.search(directory)),
  );
  await walkTree(walk, visitor);
  await visitor.drain();
  const leftOut = search?.found ?? [];
  for (const { path, reason } of leftOut) {
    observer.log("debug", `left out: ${quotePath(path)}: ${reason}`);
  }
  return { name: serverName, sizeBytes: visitor.root.sizeBytes, tree: visitor.root, leftOut };
}

/** Bytes of an image or small file, opened to see that it can be; a pipe is left alone. */
async function sizeOf(
  { path, readPath = path }: ArchiveSpec,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (withSourceStat(readPath, ({ mode }) => mode & S_IFMT) === S_IFIFO) return undefined;
  const fd = await openSource(readPath, signal);
  try {
    return sourceSize(fd, path);
  } finally {
    closeFile(fd);
  }
}
