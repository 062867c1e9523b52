/**
 * Backup: one run that turns sources into a snapshot.
 *
 * A run has *archive specifications* (`root.pxar:/`); each becomes an *archive* of the snapshot: a
 * tree (pxar), an image, or a small file (blob). A *change detection mode* says whether unchanged
 * files are read again. The *previous snapshot* of the group supplies the *known chunks* that need
 * not be stored again. The *report* is what the run came to.
 *
 * @module
 */

export * from "./backup_request.ts";
export type * from "./plan.ts";
export { retryBackup, type RetryOptions } from "./retry_backup.ts";
export { runBackup } from "./run_backup.ts";
export { SentChunks, type SentChunksPlace } from "./sent_chunks.ts";
export { checkArchiveSources } from "./check_archive_sources.ts";
export { checkIncludeDevices } from "./check_include_devices.ts";
export { parseArchiveSpec } from "./parse_archive_spec.ts";
export { describeLeaveOut, type LeaveOut } from "./leave_out.ts";
export { understoodExcludes } from "./understood_excludes.ts";
export { recordedExcludes } from "./recorded_excludes.ts";
export { ArchivingVisitor, type ContentStream, type TreeDestination } from "./_tree_visitor.ts";
