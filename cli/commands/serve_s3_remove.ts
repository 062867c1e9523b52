import type { CommandDefinition } from "../command_definition.ts";
import { ENDPOINT_ARGUMENT } from "../options/s3_parameters.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { serverEndpoints, usersOfEndpoint } from "../serving/endpoint_work.ts";

/** `serve s3 remove`. */
export const command: CommandDefinition = {
  description: "Remove an S3 endpoint of the server that no datastore uses.",
  positionals: [ENDPOINT_ARGUMENT],
  options: [SERVER_CONFIG_OPTION],
  output: "none",
  run: async (values, context) => {
    const endpoints = await serverEndpoints(values, context);
    await endpoints.remove(values.requiredText("id"), await usersOfEndpoint(values, context));
  },
};
