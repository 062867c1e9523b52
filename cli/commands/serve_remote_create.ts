import type { CommandDefinition } from "../command_definition.ts";
import { requiring } from "../options/job_parameters.ts";
import { REMOTE_ARGUMENT, REMOTE_OPTIONS } from "../options/remote_parameters.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { serverJobs } from "../serving/job_work.ts";
import { remotePassword } from "../serving/remote_password.ts";
import { remoteProperties } from "../serving/remote_work.ts";

/** `serve remote create` (docs/server.md). */
export const command: CommandDefinition = {
  description:
    "Tell the server of another one to pull from or push to. The password or secret is " +
    "asked for, or comes from the variable PBS_REMOTE_PASSWORD or its relatives _FD, _FILE and _CMD.",
  positionals: [REMOTE_ARGUMENT],
  options: [...requiring(REMOTE_OPTIONS, ["host", "auth-id"]), SERVER_CONFIG_OPTION],
  output: "none",
  run: async (values, context) => {
    const { remotes } = await serverJobs(values, context);
    const name = values.requiredText("name");
    const password = remotePassword(context.environment, name);
    await remotes.create(name, { set: remoteProperties(values, password) });
  },
};
