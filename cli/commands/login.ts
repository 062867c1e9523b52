import type { Command } from "../command.ts";
import { REPOSITORY_OPTIONS } from "./shared_options.ts";

/** `login` (spec: cli.md §4.9). */
export const loginCommand: Command = {
  name: "login",
  description: "Log in to the server and remember the ticket, so that no password is needed.",
  positionals: [],
  options: [...REPOSITORY_OPTIONS],
  output: "none",
  run: async (values, context) => (await import("../handlers/log_in.ts")).logIn(values, context),
};
