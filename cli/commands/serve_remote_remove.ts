import type { CommandDefinition } from "../command_definition.ts";
import { REMOTE_ARGUMENT } from "../options/remote_parameters.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { serverJobs } from "../serving/job_work.ts";

/** `serve remote remove`. */
export const command: CommandDefinition = {
  description: "Let the server forget another one that no job uses.",
  positionals: [REMOTE_ARGUMENT],
  options: [SERVER_CONFIG_OPTION],
  output: "none",
  run: async (values, context) => {
    const jobs = await serverJobs(values, context);
    await jobs.removeRemote(values.requiredText("name"));
  },
};
