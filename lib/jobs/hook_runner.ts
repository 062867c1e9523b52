import { setTimeout as delay } from "node:timers/promises";
import { HookOutput } from "./hook_output.ts";
import { LeftGroup, signalGroup } from "./process_group.ts";

/** Time between asking a group to end and ending it. */
const GRACE_MS = 5000;
/** How long output is waited for that others than the hook may still write. */
const OTHERS_OUTPUT_MS = 500;
/** The same where nobody is known who could. */
const LAST_OUTPUT_MS = 10_000;
const POLL_MS = 20;

/** A hook that is to run. */
export interface HookRun {
  /** Text for `/bin/sh -c`. */
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly limitMs: number;
  /** Ends it early. */
  readonly signal?: AbortSignal | undefined;
  /** Called for each line that it prints, as far as those are shown. */
  readonly onLine: (line: string) => void;
}

/**
 * The hooks of one job. Each runs in a session of its own, without terminal and input. One that takes
 * too long is ended with everything in its process group; what others leave running, such as a tunnel,
 * goes on until the runner is disposed of.
 */
export class HookRunner implements AsyncDisposable {
  readonly #graceMs: number;
  readonly #left: LeftGroup[] = [];
  readonly #outputs: HookOutput[] = [];

  /** @param graceMs Time between `SIGTERM` and `SIGKILL`. */
  constructor(graceMs = GRACE_MS) {
    this.#graceMs = graceMs;
  }

  /** @returns What went wrong, in words without the command; undefined if nothing did. */
  async run(
    { command, environment, limitMs, signal, onLine }: HookRun,
  ): Promise<string | undefined> {
    let child: Deno.ChildProcess;
    try {
      child = new Deno.Command("/bin/sh", {
        args: ["-c", command],
        cwd: "/",
        clearEnv: true,
        env: { ...environment },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
        detached: true,
      }).spawn();
    } catch (cause) {
      return `cannot be started: ${(cause as Error).message}`;
    }
    const output = new HookOutput([child.stdout, child.stderr], onLine);
    this.#outputs.push(output);
    const status = await within(child.status, limitMs, signal);
    if (status === undefined) {
      await this.#end(child.pid);
      await child.status;
      await within(output.ended, OTHERS_OUTPUT_MS, undefined);
      return signal?.aborted ? "was ended" : `took longer than ${limitMs / 1000} seconds`;
    }
    const left = new LeftGroup(child.pid);
    if (left.isThere) this.#left.push(left);
    await within(output.ended, left.isThere ? OTHERS_OUTPUT_MS : LAST_OUTPUT_MS, undefined);
    if (status.success) return undefined;
    return status.signal === null
      ? `failed with exit code ${status.code}`
      : `was ended by ${status.signal}`;
  }

  async #end(group: number): Promise<void> {
    signalGroup(group, "SIGTERM");
    const end = performance.now() + this.#graceMs;
    const members = new LeftGroup(group);
    while (members.isThere && performance.now() < end) await delay(POLL_MS);
    signalGroup(group, "SIGKILL");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const left of this.#left) {
      if (left.isThere) await this.#end(left.group);
    }
    for (const output of this.#outputs) await output.stop();
  }
}

/** Value that a promise settles with; undefined if that takes too long or is no longer wanted. */
async function within<T>(
  promise: Promise<T>,
  limitMs: number,
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const stop = () => resolve(undefined);
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop);
  const timer = new AbortController();
  try {
    const late = delay(limitMs, undefined, { signal: timer.signal }).catch(() => undefined);
    return await Promise.race([promise, aborted, late]);
  } finally {
    timer.abort();
    signal?.removeEventListener("abort", stop);
  }
}
