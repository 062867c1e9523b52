import { describeWarning, type MatchList, type WalkOptions, type WalkWarning } from "../fs/mod.ts";
import type { ArchiveSpec, BackupObserver, BackupRequest } from "./backup_request.ts";

/** Settings that all trees of a run have in common. */
export interface TreeSettings {
  readonly excludes: MatchList;
  /** One number for each of them: whether it has matched something in any tree. */
  readonly metExcludes: Uint8Array;
  readonly includeDevices: ReadonlySet<number>;
  /** Lines that are said once in a run, as far as they were said. */
  readonly saidOnce: Set<string>;
}

/** The walk of a source as the request and its settings have it, whatever is made of it. */
export function sourceWalk(
  request: BackupRequest,
  settings: TreeSettings,
  { path, readPath }: ArchiveSpec,
  onWarning: (warning: WalkWarning) => void,
): WalkOptions {
  return {
    source: readPath ?? path,
    excludes: settings.excludes,
    metExcludes: settings.metExcludes,
    allFileSystems: request.allFileSystems,
    includeDevices: settings.includeDevices,
    entriesMax: request.entriesMax,
    skipE2bigXattr: request.skipE2bigXattr,
    onWarning,
    signal: request.signal,
  };
}

/** Tells of a warning of a walk; what holds for the whole run only once. */
export function tellWarning(
  warning: WalkWarning,
  { saidOnce }: TreeSettings,
  observer: BackupObserver,
): void {
  const { level, text } = describeWarning(warning);
  if (warning.kind === "attributes-left-out") {
    if (saidOnce.has(text)) return;
    saidOnce.add(text);
  }
  observer.log(level, text);
}
