import type { CommandDefinition } from "../command_definition.ts";
import { DELETE_PROPERTY_OPTION } from "../options/job_parameters.ts";
import { REMOTE_ARGUMENT, REMOTE_OPTIONS } from "../options/remote_parameters.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { serverJobs } from "../serving/job_work.ts";
import { remotePassword } from "../serving/remote_password.ts";
import { remoteProperties } from "../serving/remote_work.ts";

/** `serve remote update`. */
export const command: CommandDefinition = {
  description: "Change what the server knows of another one.",
  positionals: [REMOTE_ARGUMENT],
  options: [
    ...REMOTE_OPTIONS,
    {
      name: "new-password",
      type: { kind: "boolean" },
      default: false,
      description: "Whether to take another password or secret, as serve remote create does.",
    },
    DELETE_PROPERTY_OPTION,
    SERVER_CONFIG_OPTION,
  ],
  output: "none",
  run: async (values, context) => {
    const { remotes } = await serverJobs(values, context);
    const name = values.requiredText("name");
    await remotes.find(name);
    const password = values.flag("new-password")
      ? remotePassword(context.environment, name)
      : undefined;
    await remotes.update(name, {
      set: remoteProperties(values, password),
      remove: values.texts("delete"),
    });
  },
};
