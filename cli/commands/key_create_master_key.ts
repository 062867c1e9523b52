import type { Command } from "../command.ts";

/** `key create-master-key` (spec: cli.md §4.14). */
export const keyCreateMasterKeyCommand: Command = {
  name: "key create-master-key",
  description:
    "Create a master key: master-public.pem and master-private.pem in the current folder.",
  positionals: [],
  options: [],
  output: "none",
  run: async (values, context) =>
    (await import("../handlers/key_create_master_key.ts")).createMasterKey(values, context),
};
