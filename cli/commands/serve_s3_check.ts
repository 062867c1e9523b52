import type { CommandDefinition } from "../command_definition.ts";
import {
  BUCKET_ARGUMENT,
  ENDPOINT_ARGUMENT,
  STORE_PREFIX_OPTION,
} from "../options/s3_parameters.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { serverEndpoints } from "../serving/endpoint_work.ts";

/** `serve s3 check`. */
export const command: CommandDefinition = {
  description: "Check that an S3 endpoint of the server can do in a bucket what a datastore needs.",
  positionals: [ENDPOINT_ARGUMENT, BUCKET_ARGUMENT],
  options: [STORE_PREFIX_OPTION, SERVER_CONFIG_OPTION],
  output: "none",
  run: async (values, context) => {
    const endpoints = await serverEndpoints(values, context);
    const { checkEndpoint } = await import("../../lib/server/mod.ts");
    const endpoint = await endpoints.find(values.requiredText("id"));
    const prefix = values.text("store-prefix") ?? "";
    await checkEndpoint(endpoint, values.requiredText("bucket"), prefix);
  },
};
