import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { listJobs } from "../serving/job_work.ts";

/** `serve gc-job list`. */
export const command: CommandDefinition = {
  description: "List the datastores of the server with the schedules of their garbage collections.",
  positionals: [],
  options: [OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
  output: "table",
  run: (values, context) => listJobs(values, context, "gc"),
};
