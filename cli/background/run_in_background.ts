import { spawn } from "node:child_process";
import type { Buffer } from "node:buffer";
import { detachProcess } from "../../lib/fuse/mod.ts";
import type { Environment } from "../environment.ts";
import { listenToSignals } from "../signals/listen_to_signals.ts";
import { ENDING_SIGNALS, SignalError } from "../signals/signal_error.ts";
import { FOREGROUND_VARIABLE, foregroundProcess } from "./foreground_process.ts";
import { ReportedFailure } from "./reported_failure.ts";

/** Whether this process was started by {@linkcode runInBackground}. */
export function isInBackground(environment: Environment): boolean {
  return foregroundProcess(environment) !== undefined;
}

/**
 * Starts this command line once more, as a process that stays when this one has ended (spec:
 * client-pipeline.md §6.1). It has the terminal until it is ready, so that it can ask for passwords and
 * say what is wrong.
 *
 * @throws {ReportedFailure} if it ends before it is ready; it has told why.
 * @throws {SignalError} if a signal has ended it.
 */
export async function runInBackground(): Promise<void> {
  const [name, ...words] = ownCommandLine();
  const child = spawn(ownFile(), words, {
    argv0: name!,
    env: { ...Deno.env.toObject(), [FOREGROUND_VARIABLE]: String(Deno.pid) },
    // What goes on in the background prints nothing: what comes here says that it is ready.
    stdio: ["inherit", "pipe", "inherit"],
  });
  // Signals to this process reach the other one, by whose end this one learns of them.
  using _signals = listenToSignals((signal) => child.kill(signal));
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  if (await saysReady(child.stdout)) return child.unref();
  const { code, signal } = await ended;
  const number = ENDING_SIGNALS.find(([name]) => name === signal)?.[1];
  if (number !== undefined) throw new SignalError(number);
  throw new ReportedFailure(code || 255);
}

/** Lets the process that has started this one end; from now on it is alone, without terminal. */
export function goToBackground(): void {
  // Who waits reads to the end, which is when the standard streams lead elsewhere.
  Deno.stdout.writeSync(new TextEncoder().encode("\n"));
  detachProcess();
  Deno.chdir("/");
}

/** The file that runs, by a name for which `spawn` leaves the words as they are: it takes them for Node's. */
function ownFile(): string {
  const path = Deno.execPath();
  const start = path.lastIndexOf("/") + 1;
  const file = `${path.slice(0, start)}./${path.slice(start)}`;
  try {
    Deno.statSync(file);
    return file;
  } catch {
    // It has no name any more, or never had one.
    return "/proc/self/exe";
  }
}

/**
 * The program itself, in the sources, bundled, and bundled in one: what only uses its commands cannot be
 * started again by its own words.
 */
const PROGRAMS = ["../main.ts", "./main.js", import.meta.url].map((path) =>
  new URL(path, import.meta.url).href
);

function ownCommandLine(): string[] {
  if (!PROGRAMS.includes(Deno.mainModule) && !Deno.build.standalone) {
    throw new Error("only a program of its own can go on in the background");
  }
  // Words that are no text arrive changed; the other process looks for its words here as well.
  return Deno.readTextFileSync("/proc/self/cmdline").split("\0").slice(0, -1);
}

/** Reads to the end. @returns Whether there was anything. */
function saysReady(stream: NonNullable<ReturnType<typeof spawn>["stdout"]>): Promise<boolean> {
  let length = 0;
  stream.on("data", (bytes: Buffer) => length += bytes.length);
  return new Promise((resolve) => stream.once("end", () => resolve(length > 0)));
}
