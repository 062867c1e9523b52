import type { CommandDefinition } from "../command_definition.ts";
import { JOB_ARGUMENT, SERVED_DATASTORE_OPTION } from "../options/job_parameters.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { runJob } from "../serving/job_work.ts";

/** `serve sync-job run`. */
export const command: CommandDefinition = {
  description: "Run a job of the server that pulls or pushes now, and show its log.",
  positionals: [JOB_ARGUMENT],
  options: [SERVED_DATASTORE_OPTION, SERVER_CONFIG_OPTION],
  output: "none",
  run: (values, context) => runJob(values, context, "sync"),
};
