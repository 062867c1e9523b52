import { quotePath } from "../bytes/mod.ts";
import { walkTree, type WalkWarning } from "../fs/mod.ts";
import { parseDynamicIndex } from "../index/mod.ts";
import { verifyIndex } from "../manifest/mod.ts";
import { parseArchiveName, splitArchiveNames } from "../repository/mod.ts";
import { PreviousRecord } from "../reuse/mod.ts";
import { isOfSnapshot, type LastSnapshot } from "./_last_snapshot.ts";
import { openMetadataPieces } from "./_metadata_pieces.ts";
import { sourceRecord, sourceWalk, tellWarning, type TreeSettings } from "./_source_walk.ts";
import { TreeChange, TreeComparison } from "./_tree_comparison.ts";
import type { ArchiveSpec, BackupObserver, BackupRequest } from "./backup_request.ts";

/** File archives of a request that are as in the last snapshot. */
export interface UnchangedTrees {
  /** Names of their files in the snapshot. */
  readonly names: ReadonlySet<string>;
  /** Says what the walks had to say, which nobody has heard yet. */
  tell(): void;
}

/**
 * Compares all directories of a run in mode `metadata` with the last snapshot, without storing anything.
 * That ends at the first difference.
 *
 * @returns undefined if something has changed, or there is nothing to compare in this way.
 */
export async function findUnchangedTrees(
  request: BackupRequest,
  observer: BackupObserver,
  settings: TreeSettings,
  last: LastSnapshot,
): Promise<UnchangedTrees | undefined> {
  const trees = request.archives.filter(({ kind }) => kind === "pxar");
  const isPossible = request.changeDetectionMode === "metadata" && trees.length > 0 &&
    // What a command prints was made just now.
    trees.every(({ command }) => command === undefined);
  if (!isPossible) return undefined;
  const walk: ComparingWalk = {
    request,
    settings: { ...settings, metExcludes: new Uint8Array(settings.metExcludes.length) },
    observer,
    last,
    warnings: [],
  };
  const names = new Set<string>();
  try {
    for (const spec of trees) for (const name of await compare(walk, spec)) names.add(name);
  } catch (error) {
    const nothing = { files: 0, directories: 0, path: undefined, archive: "" };
    Object.assign(observer.progress, nothing);
    if (error instanceof TreeChange) {
      observer.log("debug", `changed since the last snapshot: ${quotePath(error.path)}`);
    } else if (isOfSnapshot(error)) {
      observer.log("info", `the last snapshot cannot be compared with: ${error.message}`);
    } else throw error;
    return undefined;
  }
  return {
    names,
    tell: () => {
      settings.metExcludes.set(walk.settings.metExcludes);
      for (const warning of walk.warnings) tellWarning(warning, settings, observer);
    },
  };
}

/** Everything that the walks of one run have in common. */
interface ComparingWalk {
  readonly request: BackupRequest;
  readonly settings: TreeSettings;
  readonly observer: BackupObserver;
  readonly last: LastSnapshot;
  readonly warnings: WalkWarning[];
}

/** Compares one directory. @returns Names of its files. @throws {TreeChange} at a difference. */
async function compare(
  { request, settings, observer, last, warnings }: ComparingWalk,
  spec: ArchiveSpec,
): Promise<string[]> {
  const { serverName, clientName } = parseArchiveName(spec.name);
  const names = splitArchiveNames(serverName)!;
  const metadata = last.fileToCompare(names.metadata);
  const payload = last.fileToCompare(names.payload);
  if (metadata === undefined || payload === undefined) throw new TreeChange(new Uint8Array());
  observer.progress.archive = names.metadata;
  await using resources = new AsyncDisposableStack();
  const source = resources.use(await last.open());
  // Contents are not read, but without their index there are none.
  const index = parseDynamicIndex(await source.readFile(names.payload), names.payload);
  verifyIndex(payload, index);
  const crypt = request.crypt?.mode === "encrypt" ? request.crypt.config : undefined;
  const comparison = new TreeComparison({
    next: await openMetadataPieces(source, metadata, crypt, resources),
    record: new PreviousRecord(last.manifest, clientName),
    prelude: sourceRecord(request, settings, spec, true, observer).prelude,
  }, observer.progress);
  resources.use(comparison);
  const onWarning = (warning: WalkWarning) => void warnings.push(warning);
  await walkTree(sourceWalk(request, settings, spec, onWarning), comparison);
  await comparison.finish();
  return [names.metadata, names.payload];
}
