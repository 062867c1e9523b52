import type { CommandDefinition } from "../command_definition.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";

/** `serve`: ours, a server for datastores of this machine. */
export const command: CommandDefinition = {
  description: "Serve datastores of this machine to backup clients.",
  positionals: [],
  options: [
    {
      name: "datastore",
      type: { kind: "string" },
      repeatable: true,
      description: "A datastore as NAME=PATH, in addition to those of the configuration. " +
        "An empty directory, or one that is not there yet, becomes a new datastore.",
    },
    {
      name: "listen",
      type: { kind: "string" },
      description: "Address to listen on as HOST:PORT, in place of the configured one; " +
        "vsock:PORT serves virtual machines, the host of one, and this machine.",
    },
    SERVER_CONFIG_OPTION,
  ],
  output: "none",
  run: async (values, context) => {
    // With it comes the whole server, which help can do without.
    const { runServer } = await import("../serving/run_server.ts");
    await runServer(values, context);
  },
};
