import type { CommandDefinition } from "../command_definition.ts";
import { CONFIG_OPTION } from "../configuration/find_jobs_file.ts";
import { JOB_POSITIONAL } from "../options/job_positional.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { printTable } from "../output/print_result.ts";

/** `job show`: ours. */
export const command: CommandDefinition = {
  description: "Show the plain command lines that a job stands for, quoted for a shell.",
  positionals: [JOB_POSITIONAL],
  options: [CONFIG_OPTION, OUTPUT_FORMAT_OPTION],
  output: "table",
  run: async (values, context) => {
    const { openJobsFile, requireJob } = await import("../configuration/open_jobs_file.ts");
    const { jobLines, jobToJson } = await import("../jobs/describe_job.ts");
    const file = openJobsFile(values, context);
    const job = requireJob(file, values.requiredText("name"));
    const program = context.environment.get("PBS_CLIENT_PROGRAM") || "pbs-client";
    printTable(values, context, {
      json: jobToJson(job),
      text: () => jobLines(job, program).map((line) => `${line}\n`).join(""),
    });
  },
};
