import type { CommandContext } from "../command_context.ts";
import { Output } from "../output/output.ts";

/** Takes what is written nowhere. */
const SILENCE = { writeSync: (bytes: Uint8Array) => bytes.byteLength, isTerminal: () => false };

/** The same context in which nothing is said: who presses Tab must not get messages. */
export function withoutOutput(context: CommandContext): CommandContext {
  return { ...context, output: new Output({ get: () => undefined }, SILENCE, SILENCE) };
}
