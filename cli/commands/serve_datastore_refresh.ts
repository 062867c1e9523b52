import type { CommandDefinition } from "../command_definition.ts";
import { SERVED_STORE_ARGUMENT, SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { runOnDatastore } from "../serving/datastore_work.ts";

/** `serve datastore refresh`. */
export const command: CommandDefinition = {
  description: "Bring the local cache of a datastore up to what its bucket has.",
  positionals: [SERVED_STORE_ARGUMENT],
  options: [
    {
      name: "upload-lost",
      type: { kind: "boolean" },
      default: false,
      description:
        "Whether files of snapshots that the bucket has lost are brought back from the cache " +
        "first. Otherwise the cache forgets them.",
    },
    SERVER_CONFIG_OPTION,
  ],
  output: "none",
  run: async (values, context) => {
    const { refreshDatastore } = await import("../../lib/server/mod.ts");
    const uploadLost = values.flag("upload-lost");
    await runOnDatastore(
      values,
      context,
      "s3-refresh",
      (host, name, task) => refreshDatastore(host, name, task, uploadLost),
    );
  },
};
