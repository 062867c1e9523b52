import type { CommandDefinition } from "../command_definition.ts";
import { requiring } from "../options/job_parameters.ts";
import { ENDPOINT_ARGUMENT, ENDPOINT_OPTIONS } from "../options/s3_parameters.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import {
  ACCESS_KEY,
  endpointProperties,
  requiredKey,
  SECRET_KEY,
  serverEndpoints,
} from "../serving/endpoint_work.ts";

/** `serve s3 create` (docs/server.md). */
export const command: CommandDefinition = {
  description: "Create an S3 endpoint of the server. The secret key is asked for, or comes from " +
    "the variable PBS_S3_SECRET_KEY or its relatives _FD, _FILE and _CMD.",
  positionals: [ENDPOINT_ARGUMENT],
  options: [...requiring(ENDPOINT_OPTIONS, ["endpoint"]), SERVER_CONFIG_OPTION],
  output: "none",
  run: async (values, context) => {
    const endpoints = await serverEndpoints(values, context);
    const { environment } = context;
    const id = values.requiredText("id");
    const properties = endpointProperties(values);
    const accessKey = properties["access-key"] ?? requiredKey(environment, id, ACCESS_KEY);
    await endpoints.create(id, {
      ...properties,
      "access-key": accessKey,
      "secret-key": requiredKey(environment, id, SECRET_KEY),
    });
  },
};
