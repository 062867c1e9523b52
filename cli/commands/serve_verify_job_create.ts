import type { CommandDefinition } from "../command_definition.ts";
import { JOB_ARGUMENT, requiring, VERIFY_JOB_OPTIONS } from "../options/job_parameters.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { jobProperties, noteUnknownStore, serverJobs } from "../serving/job_work.ts";

/** `serve verify-job create` (docs/server.md). */
export const command: CommandDefinition = {
  description: "Create a job of the server that verifies by a schedule.",
  positionals: [JOB_ARGUMENT],
  options: [...requiring(VERIFY_JOB_OPTIONS, ["store"]), SERVER_CONFIG_OPTION],
  output: "none",
  run: async (values, context) => {
    const jobs = await serverJobs(values, context);
    const properties = jobProperties(values, VERIFY_JOB_OPTIONS);
    await jobs.create("verify", values.requiredText("id"), properties);
    await noteUnknownStore(values, context);
  },
};
