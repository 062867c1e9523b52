import type { CommandDefinition } from "../command_definition.ts";
import { JOB_ARGUMENT } from "../options/job_parameters.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { serverJobs } from "../serving/job_work.ts";

/** `serve sync-job remove`. */
export const command: CommandDefinition = {
  description: "Remove a job of the server that pulls or pushes.",
  positionals: [JOB_ARGUMENT],
  options: [SERVER_CONFIG_OPTION],
  output: "none",
  run: async (values, context) => {
    const jobs = await serverJobs(values, context);
    await jobs.remove("sync", values.requiredText("id"));
  },
};
