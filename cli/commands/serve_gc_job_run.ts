import type { CommandDefinition } from "../command_definition.ts";
import { SERVED_DATASTORE_OPTION, STORE_ARGUMENT } from "../options/job_parameters.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { runJob } from "../serving/job_work.ts";

/** `serve gc-job run`. */
export const command: CommandDefinition = {
  description: "Collect the garbage of a datastore of the server now, and show the log.",
  positionals: [STORE_ARGUMENT],
  options: [SERVED_DATASTORE_OPTION, SERVER_CONFIG_OPTION],
  output: "none",
  run: (values, context) => runJob(values, context, "gc"),
};
