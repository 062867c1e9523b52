import type { Command } from "../command.ts";
import { OUTPUT_FORMAT_OPTION, REPOSITORY_OPTIONS } from "./shared_options.ts";

/** `server-identity` (spec: cli.md §4.9). */
export const serverIdentityCommand: Command = {
  name: "server-identity",
  description: "Show the identity of the server.",
  positionals: [],
  options: [...REPOSITORY_OPTIONS, OUTPUT_FORMAT_OPTION],
  output: "value",
  run: async (values, context) =>
    (await import("../handlers/show_server_identity.ts")).showServerIdentity(values, context),
};
