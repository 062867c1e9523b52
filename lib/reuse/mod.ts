/**
 * Reuse: what a run can take over from the previous split archive of its group.
 *
 * The *previous tree* is the archive's metadata, read in step with a walk. A *planner* decides which
 * files that have not changed are *referred* to where their payload lies, in *chunks* of the previous
 * index that are *injected* into the new payload stream, and which are *encoded* again because too
 * much of those chunks would be *padding* (spec: client-pipeline.md §3).
 *
 * @module
 */

export { type ArchiveRecord, PreviousRecord, withChangeRecord } from "./change_record.ts";
export { CheapestReuse, DEFAULT_REUSE_COSTS, type ReuseCosts } from "./cheapest_reuse.ts";
export { MORE_INPUT, PreviousTree, type StreamPiece } from "./previous_tree.ts";
export { ReferenceReuse, type RunDecision } from "./reference_reuse.ts";
export { RereadRound } from "./reread_round.ts";
export type { PayloadRange, ReusePlanner, ReuseSink } from "./reuse_planner.ts";
