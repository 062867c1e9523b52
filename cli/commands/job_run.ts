import type { CommandDefinition } from "../command_definition.ts";
import { CONFIG_OPTION } from "../configuration/find_jobs_file.ts";
import { JOB_POSITIONAL } from "../options/job_positional.ts";
import {
  OUTPUT_FORMAT_OPTION,
  VERBOSITY_OPTIONS,
  WARNINGS_EXIT_OPTION,
} from "../options/output_options.ts";

/** `job run`: ours. */
export const command: CommandDefinition = {
  description: "Run a job of the file with the jobs: its hooks, a backup into each of its " +
    "repositories, the removal of snapshots that no rule keeps, and maintenance.",
  positionals: [{ ...JOB_POSITIONAL, required: false }],
  options: [
    {
      name: "all",
      type: { kind: "boolean" },
      default: false,
      description: "All jobs of the file, one after the other.",
    },
    CONFIG_OPTION,
    { ...OUTPUT_FORMAT_OPTION, description: "Also print a report of the run in this form." },
    {
      name: "skipped-exit",
      type: { kind: "integer", minimum: 0, maximum: 255 },
      default: 0,
      description: "Exit code if nothing was run because conditions were not met.",
    },
    ...VERBOSITY_OPTIONS,
    WARNINGS_EXIT_OPTION,
  ],
  output: "none",
  run: async (values, context) => {
    const { runJobs } = await import("../jobs/run_jobs.ts");
    await runJobs(values, context);
  },
};
