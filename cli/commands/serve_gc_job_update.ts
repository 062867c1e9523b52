import type { CommandDefinition } from "../command_definition.ts";
import {
  DELETE_PROPERTY_OPTION,
  SCHEDULE_OPTION,
  STORE_ARGUMENT,
} from "../options/job_parameters.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import { serverAdministration } from "../serving/server_administration.ts";
import { serverJobs } from "../serving/job_work.ts";

/** `serve gc-job update` (docs/server.md). */
export const command: CommandDefinition = {
  description: "Say when the garbage of a datastore of the server is collected.",
  positionals: [STORE_ARGUMENT],
  options: [SCHEDULE_OPTION, DELETE_PROPERTY_OPTION, SERVER_CONFIG_OPTION],
  output: "none",
  run: async (values, context) => {
    const store = values.requiredText("store");
    const schedule = values.text("schedule");
    const remove = values.texts("delete");
    const wrong = remove.find((name) => name !== "schedule");
    if (wrong !== undefined) throw new UsageError(`there is no property "${wrong}" to remove`);
    if ((schedule === undefined) === (remove.length === 0)) {
      throw new UsageError("give either --schedule or --delete schedule");
    }
    const server = await serverAdministration(values, context);
    await server.setGcSchedule(store, schedule);
    await (await serverJobs(values, context)).begin({ kind: "gc", id: store, schedule });
  },
};
