/**
 * Repair: what is damaged in a repository, made whole from elsewhere.
 *
 * A *place* is where a chunk may be had from besides the repository itself; a *copy* is the snapshot of
 * the same name in another repository. What comes from them is *checked* before it is used: nothing
 * is believed. A *source* is what an archive was made of; made once more it has the chunks that
 * are missing. A *target* is the damaged repository: there a bad chunk is *set aside* and a good one *put*
 * in place. The *outcome* of a snapshot says whether it is whole again, and what is *lost*.
 *
 * @module
 */

export { ChunkCheck, type WantedChunk } from "./chunk_check.ts";
export {
  type ChunkPlace,
  findChunk,
  type FoundChunk,
  placeOf,
  placeOfSnapshot,
  type RefusedChunk,
} from "./chunk_place.ts";
export type {
  LostFile,
  RepairObserver,
  RepairProgress,
  RepairReport,
  RepairRequest,
  RepairSource,
  SnapshotOutcome,
} from "./repair_request.ts";
export { runRepair } from "./run_repair.ts";
