import type { Command } from "../command.ts";
import { KEY_PATH_POSITIONAL } from "./key_options.ts";
import { OUTPUT_FORMAT_OPTION } from "./shared_options.ts";

/** `key show` (spec: cli.md §4.14). */
export const keyShowCommand: Command = {
  name: "key show",
  description: "Show the details of a key file.",
  positionals: [KEY_PATH_POSITIONAL],
  options: [OUTPUT_FORMAT_OPTION],
  output: "table",
  run: async (values, context) =>
    (await import("../handlers/key_show.ts")).showKey(values, context),
};
