import { setTimeout as delay } from "node:timers/promises";
import { readArguments } from "./arguments/read_arguments.ts";
import { runCommandLine } from "./run_command_line.ts";
import { signalName } from "./signals/signal_error.ts";

/** Time for a signal to itself to end the process. */
const SIGNAL_DELIVERY_MS = 1000;

if (import.meta.main) {
  const words = readArguments(Deno.args, () => Deno.readFileSync("/proc/self/cmdline"));
  const { code, signalNumber } = await runCommandLine(words, Deno.env);
  if (signalNumber !== undefined) {
    // Who waits for this process must see the signal, not a code that resembles it.
    Deno.kill(Deno.pid, signalName(signalNumber));
    // The runtime delivers it from another thread.
    await delay(SIGNAL_DELIVERY_MS);
  }
  Deno.exit(code);
}
