import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { listJobs } from "../serving/job_work.ts";

/** `serve sync-job list`. */
export const command: CommandDefinition = {
  description: "List the jobs of the server that pull and push, with their last and next runs.",
  positionals: [],
  options: [OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
  output: "table",
  run: (values, context) => listJobs(values, context, "sync"),
};
