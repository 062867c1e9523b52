import { describeMasterPublicKey } from "../../lib/crypto/mod.ts";
import { PbsError, UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { describeSystemError } from "../files/describe_system_error.ts";
import { findConfigFile } from "../files/find_config_file.ts";
import { readInputPath } from "../files/read_input.ts";
import { decodeKeyText } from "../keys/open_encryption_key.ts";
import { DEFAULT_MASTER_KEY_NAME } from "../keys/read_crypt_options.ts";
import { KEY_PATH_POSITIONAL } from "../options/key_options.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { printObject } from "../output/print_object.ts";

/** `key show-master-pubkey` (spec: cli.md §4.14). */
export const command: CommandDefinition = {
  description: "Show a public master key.",
  positionals: [{
    ...KEY_PATH_POSITIONAL,
    description: "PEM file with the public master key; the default one if absent.",
  }],
  options: [OUTPUT_FORMAT_OPTION],
  output: "table",
  run: showMasterPublicKey,
};

function showMasterPublicKey(values: CommandValues, context: CommandContext): void {
  const given = values.text("path") ?? findConfigFile(context.environment, DEFAULT_MASTER_KEY_NAME);
  if (given === undefined) {
    throw new UsageError("No path specified and no default master key available.");
  }
  const path = resolve(given);
  const { modulus, exponent, bits } = describeMasterPublicKey(decodeKeyText(readInputPath(path)));
  printObject(values, context, [
    { name: "path", value: path },
    { name: "modulus", value: modulus },
    { name: "exponent", value: exponent },
    { name: "length", value: bits },
  ]);
}

function resolve(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    throw new PbsError(describeSystemError(error));
  }
}
