import { describeError, PbsError } from "../errors/mod.ts";
import type { SyncObserver, SyncOutcome, SyncPlace, SyncRequest } from "./sync_request.ts";

/** State that the parts of a sync share. */
export class SyncRun {
  readonly counts = {
    namespaces: 0,
    groups: 0,
    failed: 0,
    snapshotsCopied: 0,
    snapshotsResynced: 0,
    snapshotsRemoved: 0,
    snapshotsKept: 0,
    snapshotsLeftOut: 0,
  };

  constructor(readonly request: SyncRequest, readonly observer: SyncObserver) {}

  /** Notes an outcome. */
  done(outcome: SyncOutcome): void {
    const { counts } = this;
    if (outcome.action === "fail") counts.failed++;
    if (outcome.snapshot !== undefined) {
      if (outcome.action === "copy") counts.snapshotsCopied++;
      if (outcome.action === "resync") counts.snapshotsResynced++;
      if (outcome.action === "remove") counts.snapshotsRemoved++;
      if (outcome.action === "keep") counts.snapshotsKept++;
      if (outcome.action === "leave-out") counts.snapshotsLeftOut++;
    }
    this.observer.done(outcome);
  }

  /**
   * Does something, and names it if that fails.
   *
   * @returns Whether it was done.
   * @throws Whatever ends the sync as a whole.
   */
  async attempt(
    what: SyncPlace & Pick<SyncOutcome, "sizeBytes">,
    work: () => Promise<void>,
  ): Promise<boolean> {
    this.request.signal.throwIfAborted();
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof PbsError) || this.request.signal.aborted) throw error;
      this.done({ ...what, action: "fail", reason: describeError(error).join(": ") });
      return false;
    }
  }
}
