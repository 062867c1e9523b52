import { REPOSITORY_FORMAT } from "../arguments/value_formats.ts";
import type { Parameter } from "../command.ts";

/** Name of the option, as it is typed behind two dashes. */
export const ALSO_FROM = "also-from";

/** Other repositories that a command reads from what is missing or damaged in the first. */
export const ALSO_FROM_OPTION: Parameter = {
  name: ALSO_FROM,
  type: { kind: "string", format: REPOSITORY_FORMAT },
  repeatable: true,
  completion: "repository",
  description: "Another repository: chunks and files that are missing or damaged are read from " +
    "there; may be given again, and the first one that has a good one counts.",
};
