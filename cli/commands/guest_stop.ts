import { ConnectionError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { GUEST_OPTIONS } from "../guest/guest_options.ts";
import { openGuest } from "../guest/open_guest.ts";

/** `guest stop`: ours (spec: protocol.md §8.3). */
export const command: CommandDefinition = {
  description: "Stop a guest.",
  positionals: [],
  options: GUEST_OPTIONS,
  output: "none",
  run: stop,
};

async function stop(values: CommandValues): Promise<void> {
  const guest = await openGuest(values, true);
  // Whoever cannot be reached is told apart from who ends before it has answered.
  await guest.status(true);
  try {
    await guest.stop();
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
  }
}
