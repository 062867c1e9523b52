import type { Command } from "../command.ts";
import { KEY_PATH_POSITIONAL } from "./key_options.ts";

/** `key paperkey` (spec: cli.md §4.14). */
export const keyPaperkeyCommand: Command = {
  name: "key paperkey",
  description: "Print a key on paper, with QR codes.",
  positionals: [{
    ...KEY_PATH_POSITIONAL,
    description: "Key file, or PEM file with a protected private master key; the default " +
      "encryption key if absent.",
  }],
  options: [
    {
      name: "subject",
      type: { kind: "string" },
      description: "A line above the key.",
    },
    {
      name: "output-format",
      type: { kind: "enum", values: ["text", "html"] },
      description: "Form of the result; html if absent.",
    },
  ],
  output: "none",
  run: async (values, context) =>
    (await import("../handlers/key_paperkey.ts")).printPaperKey(values, context),
};
