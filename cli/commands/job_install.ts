import type { CommandDefinition } from "../command_definition.ts";
import { CONFIG_OPTION } from "../configuration/find_jobs_file.ts";
import { JOB_POSITIONAL } from "../options/job_positional.ts";
import { JOB_PLACE_OPTIONS, JOB_SERVICE_OPTIONS } from "../options/schedule_options.ts";

/** `job install`: ours. */
export const command: CommandDefinition = {
  description:
    "Let the system run jobs of the file with the jobs by their schedules; schedule list " +
    "shows them, schedule remove takes them back.",
  positionals: [{ ...JOB_POSITIONAL, required: false }],
  options: [
    ...JOB_PLACE_OPTIONS,
    ...JOB_SERVICE_OPTIONS,
    {
      name: "all",
      type: { kind: "boolean" },
      default: false,
      description: "All jobs of the file that have a schedule.",
    },
    CONFIG_OPTION,
  ],
  output: "none",
  run: async (values, context) => {
    const { installJobs } = await import("../jobs/install_jobs.ts");
    await installJobs(values, context);
  },
};
