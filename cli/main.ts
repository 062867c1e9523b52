import { readArguments } from "./arguments/read_arguments.ts";
import { runCommandLine } from "./run_command_line.ts";
import { signalName } from "./signal_error.ts";

if (import.meta.main) {
  const words = readArguments(Deno.args, () => Deno.readFileSync("/proc/self/cmdline"));
  const { code, signalNumber } = await runCommandLine(words, Deno.env);
  // Who waits for this process must see the signal, not a code that resembles it.
  if (signalNumber !== undefined) Deno.kill(Deno.pid, signalName(signalNumber));
  Deno.exit(code);
}
