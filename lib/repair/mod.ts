/**
 * Repair: what is damaged in a repository, made whole from elsewhere.
 *
 * What comes from other places and copies (room `elsewhere`) is *checked* before it is used. A *source* is what an archive was made of; made once more it has the chunks that
 * are missing. A *target* is the damaged repository: there a bad chunk is *set aside* and a good one *put*
 * in place. The *outcome* of a snapshot says whether it is whole again, and what is *lost*.
 *
 * @module
 */

export { ChunkCheck, type WantedChunk } from "./chunk_check.ts";
export type {
  LostFile,
  RepairObserver,
  RepairProgress,
  RepairReport,
  RepairRequest,
  SnapshotOutcome,
} from "./repair_request.ts";
export { runRepair } from "./run_repair.ts";
