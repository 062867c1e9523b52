import type { CommandDefinition } from "../command_definition.ts";
import { DELETE_PROPERTY_OPTION, JOB_ARGUMENT } from "../options/job_parameters.ts";
import { SYNC_JOB_OPTIONS } from "../options/sync_job_parameters.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { jobProperties, serverJobs } from "../serving/job_work.ts";

/** `serve sync-job update`. */
export const command: CommandDefinition = {
  description: "Change a job of the server that pulls or pushes; a new schedule begins now.",
  positionals: [JOB_ARGUMENT],
  options: [...SYNC_JOB_OPTIONS, DELETE_PROPERTY_OPTION, SERVER_CONFIG_OPTION],
  output: "none",
  run: async (values, context) => {
    const jobs = await serverJobs(values, context);
    await jobs.update("sync", values.requiredText("id"), {
      set: jobProperties(values, SYNC_JOB_OPTIONS),
      remove: values.texts("delete"),
    });
  },
};
