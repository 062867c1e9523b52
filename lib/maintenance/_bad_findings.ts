import { encodeHex } from "../bytes/mod.ts";
import type { FoundBadChunk } from "../datastore/mod.ts";

/** A bad chunk; it can also be that encrypted archives name a chunk that is not encrypted. */
export type Finding = Omit<FoundBadChunk, "badFor"> & {
  readonly badFor: FoundBadChunk["badFor"] | "encrypted archives";
};

/** Bad chunks and snapshots as they are found in the course of a maintenance. */
export class BadFindings {
  /** By digest, hex digits. */
  readonly chunks: Map<string, Finding> = new Map();
  /** Faults of snapshots, by path with namespace. */
  readonly snapshots: Map<string, string[]> = new Map();

  /** Chunks and snapshots that have faults. */
  get count(): number {
    return this.chunks.size + this.snapshots.size;
  }

  /** Adds a chunk; the first finding counts. */
  addChunk(chunk: Finding): void {
    const digest = encodeHex(chunk.digest);
    const known = this.chunks.get(digest);
    if (known?.badFor === "everybody") return;
    // The report names the digest already.
    const problem = chunk.problem.replace(`chunk ${digest} `, "");
    this.chunks.set(digest, { ...chunk, problem });
  }

  /** Adds a fault of a snapshot. */
  addProblem(snapshot: string, problem: string): void {
    const problems = this.snapshots.get(snapshot) ?? [];
    if (!problems.includes(problem)) problems.push(problem);
    this.snapshots.set(snapshot, problems);
  }
}
