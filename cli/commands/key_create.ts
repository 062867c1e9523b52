import type { Command } from "../command.ts";
import { KEY_PATH_POSITIONAL, KEY_PROTECTION_OPTIONS } from "./key_options.ts";

/** `key create` (spec: cli.md §4.14). */
export const keyCreateCommand: Command = {
  name: "key create",
  description: "Create an encryption key.",
  positionals: [KEY_PATH_POSITIONAL],
  options: KEY_PROTECTION_OPTIONS,
  output: "none",
  run: async (values, context) =>
    (await import("../handlers/key_create.ts")).createKey(values, context),
};
