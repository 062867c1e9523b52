import type { Command } from "../command.ts";

/** `datastore init`: ours, makes an empty datastore directory. */
export const datastoreInitCommand: Command = {
  name: "datastore init",
  description: "Create a datastore directory.",
  positionals: [{
    name: "path",
    type: { kind: "string" },
    required: true,
    completion: "file-name",
    description: "Directory to create, or an empty one that exists.",
  }],
  options: [],
  output: "none",
  isOurs: true,
  run: async (values, context) =>
    (await import("../handlers/init_datastore.ts")).initDatastore(values, context),
};
