import { UPID_FORMAT } from "../arguments/value_formats.ts";
import type { Parameter } from "../command.ts";

/** A positional that names a task. */
export const UPID_POSITIONAL: Parameter = {
  name: "upid",
  type: { kind: "string", minLength: 36, format: UPID_FORMAT },
  required: true,
  description: "Identifier of the task, as `task list` shows it.",
};
