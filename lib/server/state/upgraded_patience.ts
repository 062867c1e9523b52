import type { MinimumPace } from "../../duplex/mod.ts";

/** How patient we are with clients of upgraded connections. */
export interface UpgradedPatience {
  /** Time for a client without open requests to say that it is there when it is asked. */
  readonly silenceMs: number;
  /** How fast uploads have to get on. */
  readonly receivePace: MinimumPace;
  /** How fast downloads have to be taken. */
  readonly sendPace: MinimumPace;
}
