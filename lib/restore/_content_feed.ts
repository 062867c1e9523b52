import type { PlacedChunk } from "../reading/mod.ts";

/** Hands what was collected on, together with the chunk that contents lie in. */
export interface ContentFeed {
  /** Whether so much is collected that {@linkcode ContentFeed.submit} should be awaited. */
  readonly full: boolean;
  /** Makes a chunk the one that contents come from; takes it over. The one before must have ended. */
  use(placed: PlacedChunk): void;
  /** Hands on what was collected. */
  submit(): Promise<void>;
  /** Nothing more comes from the current chunk. */
  endChunk(): Promise<void>;
  /** Waits for something, and gives back meanwhile what nobody needs any more. */
  giveBackUntil(pending: Promise<unknown>): Promise<void>;
}
