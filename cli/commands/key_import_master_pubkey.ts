import type { Command } from "../command.ts";
import { KEY_PATH_POSITIONAL } from "./key_options.ts";

/** `key import-master-pubkey` (spec: cli.md §4.14). */
export const keyImportMasterPubkeyCommand: Command = {
  name: "key import-master-pubkey",
  description: "Make a public master key the default one.",
  positionals: [{
    ...KEY_PATH_POSITIONAL,
    required: true,
    description: "PEM file with the public master key.",
  }],
  options: [],
  output: "none",
  run: async (values, context) =>
    (await import("../handlers/key_import_master_pubkey.ts")).importMasterPublicKey(
      values,
      context,
    ),
};
