import type { CommandDefinition } from "../command_definition.ts";
import { JOB_ARGUMENT } from "../options/job_parameters.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { serverJobs } from "../serving/job_work.ts";
import { printProperties } from "../serving/print_properties.ts";

/** `serve sync-job show`. */
export const command: CommandDefinition = {
  description: "Show a job of the server that pulls or pushes, with its last and next runs.",
  positionals: [JOB_ARGUMENT],
  options: [OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
  output: "table",
  run: async (values, context) => {
    const { jobMembers } = await import("../../lib/server/mod.ts");
    const jobs = await serverJobs(values, context);
    const job = await jobs.files.find("sync", values.requiredText("id"));
    printProperties(values, context, await jobMembers(jobs, job));
  },
};
