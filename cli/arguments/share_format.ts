import type { ValueFormat } from "../command.ts";
import { matchingFormat } from "./matching_format.ts";
import { parseShare } from "./parse_share.ts";

/** A share of a whole such as `5%`. Ours: the official client has no such value. */
export const SHARE_FORMAT: ValueFormat = matchingFormat(
  "share",
  (text) => parseShare(text) !== undefined,
);
