import {
  describeWarning,
  type MatchList,
  type WalkOptions,
  WalkProgress,
  type WalkWarning,
} from "../fs/mod.ts";
import { describeLeaveOut } from "./leave_out.ts";
import { recordedExcludes } from "./recorded_excludes.ts";
import { understoodExcludes } from "./understood_excludes.ts";
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
): WalkOptions & { readonly progress: WalkProgress } {
  const { filters, listed } = request.leaveOut ?? {};
  const selection = listed?.selectionOf(path);
  return {
    source: readPath ?? path,
    excludes: understoodExcludes(settings.excludes, path, () => {}),
    filters: { ...filters, ...(selection === undefined ? {} : { selection }) },
    progress: new WalkProgress(),
    metExcludes: settings.metExcludes,
    allFileSystems: request.allFileSystems,
    includeDevices: settings.includeDevices,
    entriesMax: request.entriesMax,
    skipE2bigXattr: request.skipE2bigXattr,
    onWarning,
    signal: request.signal,
  };
}

/** The record of what that walk leaves out; says how patterns are understood. */
export function sourceRecord(
  { leaveOut }: BackupRequest,
  { excludes, saidOnce }: TreeSettings,
  { path }: ArchiveSpec,
  isSplit: boolean,
  observer: BackupObserver,
): ReturnType<typeof recordedExcludes> {
  const understood = understoodExcludes(excludes, path, (line) => {
    if (saidOnce.has(line)) return;
    saidOnce.add(line);
    observer.log("info", line);
  });
  return recordedExcludes(understood, isSplit, describeLeaveOut(leaveOut));
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
