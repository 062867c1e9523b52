import type { Command } from "../command.ts";
import {
  OUTPUT_FORMAT_OPTION,
  REPOSITORY_OPTIONS,
  VERBOSITY_OPTIONS,
  WARNINGS_EXIT_OPTION,
} from "./shared_options.ts";

/** `datastore verify`: ours, reads every snapshot and chunk of a datastore directory. */
export const datastoreVerifyCommand: Command = {
  name: "datastore verify",
  description: "Check every snapshot and every chunk of a datastore directory.",
  positionals: [{
    name: "path",
    type: { kind: "string" },
    completion: "file-name",
    description: "The datastore directory; the repository if absent.",
  }],
  options: [
    ...REPOSITORY_OPTIONS,
    OUTPUT_FORMAT_OPTION,
    ...VERBOSITY_OPTIONS,
    WARNINGS_EXIT_OPTION,
  ],
  output: "value",
  isOurs: true,
  run: async (values, context) =>
    (await import("../handlers/verify_datastore.ts")).verifyDatastore(values, context),
};
