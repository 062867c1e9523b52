import { BYTE_SIZE_FORMAT } from "../arguments/byte_size_format.ts";
import type { Parameter } from "../command.ts";

/** Limits of the network's use. */
export const RATE_OPTIONS: readonly Parameter[] = [
  {
    name: "rate",
    type: { kind: "string", minLength: 1, maxLength: 64, format: BYTE_SIZE_FORMAT },
    description: "Bytes per second sent and received at most, with a unit such as MB or MiB.",
  },
  {
    name: "burst",
    type: { kind: "string", minLength: 1, maxLength: 64, format: BYTE_SIZE_FORMAT },
    description: "Bytes that may be sent in a burst before the rate applies.",
  },
];
