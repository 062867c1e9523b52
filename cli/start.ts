import { setTimeout as delay } from "node:timers/promises";
import { readArguments } from "./arguments/read_arguments.ts";
import { PBS_CLIENT } from "./command_table.ts";
import { Output } from "./output/output.ts";
import { systemRepositories } from "./repository/system_repositories.ts";
import { runCommandLine } from "./run_command_line.ts";
import type { RunnableProgram } from "./runnable_program.ts";
import { signalName } from "./signals/signal_error.ts";

/** Time for a signal to itself to end the process. */
const SIGNAL_DELIVERY_MS = 1000;

/** Runs the command line that this process was started with, and ends the process with its code. */
export async function start(): Promise<never> {
  // A runtime cannot start a process with a name and bytes as it was given them itself.
  const owner = await foregroundOwner() ?? "self";
  const readCommandLine = () => Deno.readFileSync(`/proc/${owner}/cmdline`);
  const words = readArguments(Deno.args, readCommandLine);
  const program = await programCalled(readCommandLine);
  const { code, signalNumber } = await runCommandLine(
    words,
    Deno.env,
    new Output(Deno.env, Deno.stdout, Deno.stderr, program.logVariable),
    systemRepositories,
    program,
  );
  if (signalNumber !== undefined) {
    // Who waits for this process must see the signal, not a code that resembles it.
    Deno.kill(Deno.pid, signalName(signalNumber));
    // The runtime delivers it from another thread.
    await delay(SIGNAL_DELIVERY_MS);
  }
  Deno.exit(code);
}

/** The process that this one goes on for in the background; it is looked for only if there may be one. */
async function foregroundOwner(): Promise<number | undefined> {
  if (!Deno.env.has("PBS_CLIENT_FOREGROUND")) return undefined;
  const { foregroundProcess } = await import("./background/foreground_process.ts");
  return foregroundProcess(Deno.env);
}

/**
 * The program that this process was started as: `pxar` if it was called by that name. The runtime tells
 * only where its own file lies.
 *
 * @param readCommandLine Returns NUL-terminated words.
 */
async function programCalled(readCommandLine: () => Uint8Array): Promise<RunnableProgram> {
  let line: Uint8Array;
  try {
    line = readCommandLine();
  } catch {
    // Without /proc nothing tells the name.
    return PBS_CLIENT;
  }
  const path = new TextDecoder().decode(line.subarray(0, line.indexOf(0)));
  const isCompanion = path.slice(path.lastIndexOf("/") + 1) === "pxar";
  return isCompanion ? (await import("./pxar_program.ts")).PXAR : PBS_CLIENT;
}
