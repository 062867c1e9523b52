import { concatBytes } from "../bytes/mod.ts";
import type { ChunkStream } from "../chunking/mod.ts";
import { PbsError, UsageError } from "../errors/mod.ts";
import type { SourceCommand } from "./backup_request.ts";

/**
 * A command whose output is a source. Its messages go where those of this program go, and it gets no
 * input.
 */
export class RunningCommand implements Disposable {
  readonly #child: Deno.ChildProcess;
  readonly #name: string;
  readonly #signal: AbortSignal;
  #hasEnded = false;

  private constructor(child: Deno.ChildProcess, name: string, signal: AbortSignal) {
    this.#child = child;
    this.#name = name;
    this.#signal = signal;
  }

  /**
   * Starts a command, without a shell.
   *
   * @param signal Ends the command and the reading of its output.
   * @throws {PbsError} if it cannot be started.
   */
  static start({ words }: SourceCommand, signal: AbortSignal): RunningCommand {
    signal.throwIfAborted();
    const [program, ...args] = words;
    try {
      const command = new Deno.Command(program!, { args, stdin: "null", stdout: "piped" });
      return new RunningCommand(command.spawn(), program!, signal);
    } catch (error) {
      throw new PbsError(`cannot start the command '${program}': ${reason(error)}`);
    }
  }

  /**
   * Output of the command, up to its end.
   *
   * @throws {PbsError} at the end, if the command did not succeed.
   */
  async *output(): AsyncGenerator<Uint8Array> {
    const reader = this.#child.stdout.getReader();
    // A command that says nothing keeps nobody waiting.
    const onAbort = () => void reader.cancel().catch(() => {});
    this.#signal.addEventListener("abort", onAbort, { once: true });
    try {
      for (;;) {
        const { value, done } = await reader.read();
        this.#signal.throwIfAborted();
        if (done) break;
        yield value;
      }
    } finally {
      this.#signal.removeEventListener("abort", onAbort);
      await reader.cancel().catch(() => {});
    }
    const { success, code, signal } = await this.#ended();
    if (success) return;
    const how = signal === null ? `failed with exit code ${code}` : `was ended by ${signal}`;
    throw new PbsError(`the command '${this.#name}' ${how}, so its output is not backed up`);
  }

  /** The command's end: one that closes its output may run on for as long as it likes. */
  async #ended(): Promise<Deno.CommandStatus> {
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(this.#signal.reason);
    this.#signal.addEventListener("abort", onAbort, { once: true });
    if (this.#signal.aborted) onAbort();
    try {
      const status = await Promise.race([this.#child.status, promise]);
      this.#hasEnded = true;
      return status;
    } finally {
      this.#signal.removeEventListener("abort", onAbort);
    }
  }

  /** Ends the command, unless it has ended. */
  [Symbol.dispose](): void {
    if (this.#hasEnded) return;
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // It has ended meanwhile.
    }
    this.#child.unref();
  }
}

/** Feeds what a command prints to a stream, and ends the stream if the command succeeds. */
export async function feedOutput(
  command: SourceCommand,
  stream: ChunkStream,
  signal: AbortSignal,
): Promise<void> {
  using running = RunningCommand.start(command, signal);
  for await (const bytes of running.output()) {
    stream.write(bytes);
    if (stream.full) await stream.drain();
  }
  await stream.end();
}

/**
 * Takes what a command prints whole.
 *
 * @param limitBytes More than this is refused.
 */
export async function collectOutput(
  command: SourceCommand,
  limitBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  using running = RunningCommand.start(command, signal);
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const bytes of running.output()) {
    length += bytes.length;
    if (length > limitBytes) {
      throw new UsageError(`'${command.words[0]}' prints more than ${limitBytes} bytes`);
    }
    parts.push(bytes);
  }
  return concatBytes(parts);
}

function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such program";
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^Failed to spawn '.*': /, "");
}
