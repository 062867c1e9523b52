import type { CommandDefinition } from "../command_definition.ts";
import { JOB_ARGUMENT, PRUNE_JOB_OPTIONS, requiring } from "../options/job_parameters.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { jobProperties, noteUnknownStore, serverJobs } from "../serving/job_work.ts";

/** `serve prune-job create` (docs/server.md). */
export const command: CommandDefinition = {
  description: "Create a job of the server that prunes by a schedule.",
  positionals: [JOB_ARGUMENT],
  options: [...requiring(PRUNE_JOB_OPTIONS, ["store", "schedule"]), SERVER_CONFIG_OPTION],
  output: "none",
  run: async (values, context) => {
    const jobs = await serverJobs(values, context);
    const properties = jobProperties(values, PRUNE_JOB_OPTIONS);
    await jobs.create("prune", values.requiredText("id"), properties);
    await noteUnknownStore(values, context);
  },
};
