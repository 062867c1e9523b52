import type { OtherRepository } from "../elsewhere/mod.ts";
import type { RepairTarget } from "../repository/mod.ts";
import type { ChunkCheck, WantedChunk } from "./chunk_check.ts";
import type { ChunkStates } from "./_chunk_states.ts";
import type { RepairObserver, RepairRequest } from "./repair_request.ts";

/** Sums of a repair. */
export interface RepairCounters {
  chunksRepaired: number;
  chunksUnproven: number;
  bytesRepaired: number;
}

/** State that all steps of a repair share. */
export interface RepairContext {
  readonly request: RepairRequest;
  readonly observer: RepairObserver;
  readonly target: RepairTarget;
  readonly check: ChunkCheck;
  readonly states: ChunkStates;
  readonly others: readonly OtherRepository[];
  readonly counters: RepairCounters;
  /** Chunks that a repair which only looks would put in place, by their digests in hex. */
  readonly healable: Map<string, WantedChunk>;
  /** Files that were made anew from sources, by {@linkcode contentKey}. */
  readonly rebuilt: Map<string, Uint8Array>;
  /** Damaged files that could be made anew from sources, likewise. */
  readonly wantedFiles: Set<string>;
}
