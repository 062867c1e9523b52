import type { MinimumPace } from "../../duplex/mod.ts";

/** How patient we are with clients of upgraded connections. */
export interface UpgradedPatience {
  /** A client without open requests is asked so often whether it is there. */
  readonly silenceMs: number;
  /** How fast uploads have to get on. */
  readonly receivePace: MinimumPace;
  /** How fast downloads have to be taken. */
  readonly sendPace: MinimumPace;
}
