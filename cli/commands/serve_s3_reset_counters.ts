import type { CommandDefinition } from "../command_definition.ts";
import {
  BUCKET_ARGUMENT,
  ENDPOINT_ARGUMENT,
  STORE_PREFIX_OPTION,
} from "../options/s3_parameters.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { serverFolderPath } from "../serving/server_folder_path.ts";

/** `serve s3 reset-counters`. */
export const command: CommandDefinition = {
  description: "Count the requests of datastores in a bucket anew.",
  positionals: [ENDPOINT_ARGUMENT, BUCKET_ARGUMENT],
  options: [STORE_PREFIX_OPTION, SERVER_CONFIG_OPTION],
  output: "none",
  run: async (values, { environment }) => {
    const { DatastoreAdministration, RequestStatistics, resetCounters, S3Endpoints } = await import(
      "../../lib/server/mod.ts"
    );
    const folder = serverFolderPath(values, environment);
    await resetCounters(
      {
        administration: new DatastoreAdministration(folder),
        endpoints: new S3Endpoints(folder),
        statistics: new RequestStatistics(folder),
      },
      { client: values.requiredText("id"), bucket: values.requiredText("bucket") },
      values.text("store-prefix"),
    );
  },
};
