import type { Command } from "../command.ts";
import { KEY_PATH_POSITIONAL } from "./key_options.ts";
import { OUTPUT_FORMAT_OPTION } from "./shared_options.ts";

/** `key show-master-pubkey` (spec: cli.md §4.14). */
export const keyShowMasterPubkeyCommand: Command = {
  name: "key show-master-pubkey",
  description: "Show a public master key.",
  positionals: [{
    ...KEY_PATH_POSITIONAL,
    description: "PEM file with the public master key; the default one if absent.",
  }],
  options: [OUTPUT_FORMAT_OPTION],
  output: "table",
  run: async (values, context) =>
    (await import("../handlers/key_show_master_pubkey.ts")).showMasterPublicKey(values, context),
};
