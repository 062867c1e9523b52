import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { GUEST_OPTIONS } from "../guest/guest_options.ts";
import { openGuest } from "../guest/open_guest.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { formatDuration } from "../output/format_duration.ts";
import { printTable } from "../output/print_result.ts";

/** `guest status`: ours (spec: protocol.md §8.3). */
export const command: CommandDefinition = {
  description: "Show how long a guest has been running, and how long it stays if nobody uses it.",
  positionals: [],
  options: [...GUEST_OPTIONS, OUTPUT_FORMAT_OPTION],
  output: "table",
  run: show,
};

async function show(values: CommandValues, context: CommandContext): Promise<void> {
  const guest = await openGuest(values, false);
  const { uptime, timeout } = await guest.status(true);
  printTable(values, context, {
    json: { uptime, timeout },
    text: () =>
      `running for ${formatDuration(uptime)}, ends after ${formatDuration(timeout)} without use\n`,
  });
}
