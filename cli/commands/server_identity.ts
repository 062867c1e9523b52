import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { REPOSITORY_OPTIONS } from "../options/repository_options.ts";
import { valueFormat } from "../output/print_result.ts";
import { openServer } from "../repository/open_server.ts";
import { selectServer } from "../repository/select_server.ts";

/** `server-identity` (spec: cli.md §4.9). */
export const command: CommandDefinition = {
  description: "Show the identity of the server.",
  positionals: [],
  options: [...REPOSITORY_OPTIONS, OUTPUT_FORMAT_OPTION],
  output: "value",
  run: showServerIdentity,
};

async function showServerIdentity(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const format = valueFormat(values, context);
  await using server = await openServer(selectServer(values, context), context);
  const identity = await server.identity();
  if (format === "text") context.output.printLine(`pbs-instance-id: ${identity}`);
  else context.output.printJson({ "pbs-instance-id": identity }, format);
}
