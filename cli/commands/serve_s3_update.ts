import type { CommandDefinition } from "../command_definition.ts";
import { DELETE_PROPERTY_OPTION } from "../options/job_parameters.ts";
import { ENDPOINT_ARGUMENT, ENDPOINT_OPTIONS } from "../options/s3_parameters.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import {
  ACCESS_KEY,
  endpointProperties,
  keyOfEnvironment,
  requiredKey,
  SECRET_KEY,
  serverEndpoints,
} from "../serving/endpoint_work.ts";

/** `serve s3 update`. */
export const command: CommandDefinition = {
  description: "Change an S3 endpoint of the server. Keys that PBS_S3_ACCESS_KEY, " +
    "PBS_S3_SECRET_KEY or their relatives have replace those that it has.",
  positionals: [ENDPOINT_ARGUMENT],
  options: [
    ...ENDPOINT_OPTIONS,
    {
      name: "new-secret",
      type: { kind: "boolean" },
      default: false,
      description: "Whether to ask for another secret key if no variable has it.",
    },
    DELETE_PROPERTY_OPTION,
    SERVER_CONFIG_OPTION,
  ],
  output: "none",
  run: async (values, context) => {
    const endpoints = await serverEndpoints(values, context);
    const { environment } = context;
    const id = values.requiredText("id");
    const accessKey = keyOfEnvironment(environment, ACCESS_KEY);
    const secretKey = values.flag("new-secret")
      ? requiredKey(environment, id, SECRET_KEY)
      : keyOfEnvironment(environment, SECRET_KEY);
    await endpoints.update(id, {
      set: {
        ...accessKey === undefined ? {} : { "access-key": accessKey },
        ...endpointProperties(values),
        ...secretKey === undefined ? {} : { "secret-key": secretKey },
      },
      remove: values.texts("delete"),
    });
  },
};
