import { TIME_SPAN_FORMAT } from "../arguments/time_span_format.ts";
import type { Parameter } from "../command.ts";

/** Patience with locks that other runs hold; ours. */
export const LOCK_WAIT_OPTION: Parameter = {
  name: "lock-wait",
  type: { kind: "string", format: TIME_SPAN_FORMAT },
  default: "0",
  description:
    "How long to wait for locks that other runs hold: seconds, or a time such as 5m or 1h30m.",
};
