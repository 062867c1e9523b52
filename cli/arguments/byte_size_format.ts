import { parseByteSize } from "../../lib/bytes/mod.ts";
import type { ValueFormat } from "../command.ts";

/** A size such as `10MiB` (spec: cli.md §6.5). */
export const BYTE_SIZE_FORMAT: ValueFormat = {
  name: "byte-size",
  refusal(text) {
    const size = parseByteSize(text);
    return typeof size === "number" ? undefined : `byte-size parse error for '${text}': ${size}`;
  },
};
