import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { REMOTE_ARGUMENT } from "../options/remote_parameters.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { serverJobs } from "../serving/job_work.ts";
import { printProperties } from "../serving/print_properties.ts";

/** `serve remote show`. */
export const command: CommandDefinition = {
  description: "Show what the server knows of another one, but not the password.",
  positionals: [REMOTE_ARGUMENT],
  options: [OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
  output: "table",
  run: async (values, context) => {
    const { remoteMembers } = await import("../../lib/server/mod.ts");
    const { remotes } = await serverJobs(values, context);
    const remote = await remotes.find(values.requiredText("name"));
    printProperties(values, context, remoteMembers(remote));
  },
};
