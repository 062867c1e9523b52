import type { Parameter } from "../command.ts";

/** Whether to tell what chunks take where they are stored, which costs requests in a bucket. */
export const STORED_SIZES_OPTION: Parameter = {
  name: "stored-sizes",
  type: { kind: "boolean" },
  default: true,
  description: "Tell what is stored, too. In a bucket all chunks are listed for that: a request " +
    "for each 1000 of them, and at least 16, which may cost money; false does without.",
};
