import type { ValueFormat } from "../command.ts";
import { matchingFormat } from "./matching_format.ts";
import { parseMoment } from "./parse_moment.ts";

/** A date such as `2026-03-05`, with or without a time, or how long ago. Ours. */
export const MOMENT_FORMAT: ValueFormat = matchingFormat(
  "moment",
  (text) => parseMoment(text, 0) !== undefined,
);
