import type { CommandDefinition } from "../command_definition.ts";
import { SERVED_STORE_ARGUMENT, SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { runOnDatastore } from "../serving/datastore_work.ts";

/** `serve datastore remove`. */
export const command: CommandDefinition = {
  description: "Remove a datastore from the configuration of the server. Its data stays, and can " +
    "be taken over later, unless it is to be destroyed.",
  positionals: [SERVED_STORE_ARGUMENT],
  options: [
    {
      name: "destroy-data",
      type: { kind: "boolean" },
      default: false,
      description: "Whether to destroy all backups in it, protected ones included.",
    },
    {
      name: "keep-job-configs",
      type: { kind: "boolean" },
      default: false,
      description: "Whether jobs and roles that are about it stay.",
    },
    SERVER_CONFIG_OPTION,
  ],
  output: "none",
  run: async (values, context) => {
    const { removeDatastore } = await import("../../lib/server/mod.ts");
    const removal = {
      destroyData: values.flag("destroy-data"),
      keepJobs: values.flag("keep-job-configs"),
    };
    await runOnDatastore(
      values,
      context,
      "delete-datastore",
      (host, name, task) => removeDatastore(host, name, removal, task),
    );
  },
};
