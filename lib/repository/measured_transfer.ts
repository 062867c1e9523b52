/** How to measure the way to a storage. */
export interface MeasureTransferOptions {
  /** For how long to send, and then to read where that is measured, milliseconds. */
  readonly durationMs: number;
  /** Ends it; nothing is left. */
  readonly signal: AbortSignal;
  /** Bypass the store's local cache; matters to object stores only. */
  readonly noCache?: boolean;
}

/** Result of something that was measured. */
export interface MeasuredTransfer {
  /** Bytes that were sent, or gone over. */
  readonly bytes: number;
  /** Number of requests or rounds that these were. */
  readonly requests: number;
  readonly seconds: number;
  readonly bytesPerSecond: number;
}

/** Speeds at which a storage takes and gives chunks. */
export interface MeasuredStorage {
  readonly write: MeasuredTransfer;
  /** Right after they were written: what the system has in memory comes from there. */
  readonly read: MeasuredTransfer;
}
