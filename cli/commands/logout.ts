import type { Command } from "../command.ts";
import { REPOSITORY_OPTIONS } from "./shared_options.ts";

/** `logout` (spec: cli.md §4.9). */
export const logoutCommand: Command = {
  name: "logout",
  description: "Forget the ticket of the user on the server.",
  positionals: [],
  options: [...REPOSITORY_OPTIONS],
  output: "none",
  run: async (values, context) => (await import("../handlers/log_out.ts")).logOut(values, context),
};
