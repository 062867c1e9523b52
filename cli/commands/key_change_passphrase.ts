import type { Command } from "../command.ts";
import { KEY_PATH_POSITIONAL, KEY_PROTECTION_OPTIONS } from "./key_options.ts";

/** `key change-passphrase` (spec: cli.md §4.14). */
export const keyChangePassphraseCommand: Command = {
  name: "key change-passphrase",
  description: "Protect an encryption key with another passphrase.",
  positionals: [KEY_PATH_POSITIONAL],
  options: KEY_PROTECTION_OPTIONS,
  output: "none",
  run: async (values, context) =>
    (await import("../handlers/key_change_passphrase.ts")).changeKeyPassphrase(values, context),
};
