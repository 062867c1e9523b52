import type { ValueFormat } from "../command.ts";
import { matchingFormat } from "./matching_format.ts";

/** The name of a privilege of Linux, such as `CAP_SYS_ADMIN`. */
export const CAPABILITY_FORMAT: ValueFormat = matchingFormat(
  "capability",
  (text) => /^CAP_[A-Z_]{1,40}$/.test(text),
);
