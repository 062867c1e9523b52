import type { CommandDefinition } from "../command_definition.ts";
import { CONFIG_OPTION } from "../configuration/find_jobs_file.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";

/** `job list`: ours. */
export const command: CommandDefinition = {
  description: "List the jobs of the file with the jobs: their last results, when they are due, " +
    "and how old the newest snapshot in each of their repositories is.",
  positionals: [],
  options: [CONFIG_OPTION, OUTPUT_FORMAT_OPTION],
  output: "table",
  run: async (values, context) => {
    const { listJobs } = await import("../jobs/list_jobs.ts");
    await listJobs(values, context);
  },
};
