/**
 * Restore: one run that turns an archive of a snapshot back into a tree, an image or a file.
 *
 * The *manifest* says which archives there are and what their *indexes* must hash to; an index names
 * the *chunks*, which are fetched ahead of need (the *prefetch window*), verified, and handed in
 * stream order to the *extraction* or to the image writer.
 *
 * @module
 */

export * from "./restore_request.ts";
export { extractTree, type TreeOutcome } from "./extract_tree.ts";
export { NewTarget } from "./_new_target.ts";
export { NothingSelectedError } from "./_nothing_selected_error.ts";
export { OutputFile, replaceFile } from "./_output_file.ts";
export { listLosses, type LostRange } from "./list_losses.ts";
export type { LinkedFile, LinkedFiles } from "./linked_files.ts";
export { PLAIN_RESTORE } from "./plain_restore.ts";
export { runRestore } from "./run_restore.ts";
export { recordedExcludeText } from "./_recorded_excludes.ts";
