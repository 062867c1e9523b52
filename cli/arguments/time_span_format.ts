import type { ValueFormat } from "../command.ts";
import { matchingFormat } from "./matching_format.ts";
import { parseTimeSpan } from "../../lib/time/mod.ts";

/** A span of time such as `90` seconds or `1h30m`. Ours: the official client has no such value. */
export const TIME_SPAN_FORMAT: ValueFormat = matchingFormat(
  "time-span",
  (text) => parseTimeSpan(text) !== undefined,
);
