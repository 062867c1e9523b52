import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { printObject } from "../output/print_object.ts";

/** Prints a new secret of an API token, which cannot be read again. */
export function printTokenSecret(
  values: CommandValues,
  context: CommandContext,
  tokenId: string,
  secret: string,
): void {
  printObject(values, context, [
    { name: "tokenid", value: tokenId },
    { name: "value", value: secret },
  ]);
}
