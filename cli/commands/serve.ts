import type { Command } from "../command.ts";
import { SERVER_CONFIG_OPTION } from "./serve_parameters.ts";

/** `serve`: ours, a server for datastores of this machine. */
export const serveCommand: Command = {
  name: "serve",
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
      description: "Address to listen on as HOST:PORT, in place of the configured one.",
    },
    SERVER_CONFIG_OPTION,
  ],
  output: "none",
  isOurs: true,
  run: async (values, context) => (await import("../handlers/serve.ts")).serve(values, context),
};
