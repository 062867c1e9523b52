import type { CommandDefinition } from "../command_definition.ts";
import { JOB_ARGUMENT, requiring } from "../options/job_parameters.ts";
import { SYNC_JOB_OPTIONS } from "../options/sync_job_parameters.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { jobProperties, noteUnknownStore, serverJobs } from "../serving/job_work.ts";

/** `serve sync-job create` (docs/server.md). */
export const command: CommandDefinition = {
  description: "Create a job of the server that pulls or pushes by a schedule.",
  positionals: [JOB_ARGUMENT],
  options: [...requiring(SYNC_JOB_OPTIONS, ["store", "remote-store"]), SERVER_CONFIG_OPTION],
  output: "none",
  run: async (values, context) => {
    const jobs = await serverJobs(values, context);
    const remote = values.text("remote");
    if (remote !== undefined) await jobs.remotes.find(remote);
    const properties = jobProperties(values, SYNC_JOB_OPTIONS);
    await jobs.create("sync", values.requiredText("id"), properties);
    await noteUnknownStore(values, context);
  },
};
