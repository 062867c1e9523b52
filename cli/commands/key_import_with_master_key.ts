import type { Command } from "../command.ts";
import { KEY_PATH_POSITIONAL, KEY_PROTECTION_OPTIONS } from "./key_options.ts";

/** `key import-with-master-key` (spec: cli.md §4.14). */
export const keyImportWithMasterKeyCommand: Command = {
  name: "key import-with-master-key",
  description: "Recover an encryption key with the master key.",
  positionals: [{
    ...KEY_PATH_POSITIONAL,
    description: "Where to store the key; the place of the default encryption key if absent.",
  }],
  options: [
    {
      name: "master-keyfile",
      type: { kind: "string" },
      required: true,
      completion: "file-name",
      description: "PEM file with the private master key.",
    },
    {
      name: "encrypted-keyfile",
      type: { kind: "string" },
      required: true,
      completion: "file-name",
      description: "The encrypted key: rsa-encrypted.key, restored from a snapshot.",
    },
    ...KEY_PROTECTION_OPTIONS,
  ],
  output: "none",
  run: async (values, context) =>
    (await import("../handlers/key_import_with_master_key.ts")).importKeyWithMasterKey(
      values,
      context,
    ),
};
