import { concatBytes } from "../bytes/mod.ts";

/** How long more output is waited for when the program is over, and others hold its output open. */
const LINGER_MS = 2000;

/** How much of what a program prints is taken. */
export interface OutputLimits {
  /** Of its output; beyond that its output is closed, which ends most programs. */
  readonly stdoutBytes?: number;
  /** Of its messages; beyond that they are read and forgotten. */
  readonly stderrBytes?: number;
}

/** Output of a program, and its end. */
export interface GatheredOutput {
  readonly status: Deno.CommandStatus;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** Its output went past the limit. */
  readonly isTooMuch: boolean;
}

/**
 * Output of a program, up to its end. What it leaves running may hold its output open: that is not
 * waited for.
 *
 * @param child Only streams that are piped and have a limit are read.
 */
export async function gatherOutput(
  child: Deno.ChildProcess,
  limits: OutputLimits,
): Promise<GatheredOutput> {
  const { stdoutBytes, stderrBytes } = limits;
  const output = stdoutBytes === undefined
    ? undefined
    : new Gathered(child.stdout, stdoutBytes, true);
  const messages = stderrBytes === undefined
    ? undefined
    : new Gathered(child.stderr, stderrBytes, false);
  const status = await child.status;
  await Promise.all([output?.end(), messages?.end()]);
  return {
    status,
    stdout: output?.bytes ?? new Uint8Array(0),
    stderr: messages?.bytes ?? new Uint8Array(0),
    isTooMuch: output?.isTooMuch ?? false,
  };
}

class Gathered {
  isTooMuch = false;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #parts: Uint8Array[] = [];
  readonly #pumped: Promise<void>;
  #left: number;
  #isOver = false;
  #isAtEnd = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(stream: ReadableStream<Uint8Array>, limitBytes: number, readonly closes: boolean) {
    this.#reader = stream.getReader();
    this.#left = limitBytes;
    this.#pumped = this.#pump().finally(() => {
      this.#isAtEnd = true;
      clearTimeout(this.#timer);
    });
  }

  get bytes(): Uint8Array {
    return concatBytes(this.#parts);
  }

  /** The program is over: settles when nobody prints any more. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#wait();
    await this.#pumped;
  }

  #wait(): void {
    if (this.#isAtEnd) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#stop(), LINGER_MS);
  }

  #stop(): void {
    this.#reader.cancel().catch(() => {});
  }

  async #pump(): Promise<void> {
    try {
      for (;;) {
        const { value, done } = await this.#reader.read();
        if (done) return;
        const part = value.subarray(0, this.#left);
        if (part.length > 0) this.#parts.push(part.slice());
        this.#left -= part.length;
        if (part.length < value.length) {
          this.isTooMuch = true;
          if (this.closes) return this.#stop();
        }
        // Who goes on and on when the program is over is not waited for.
        if (this.#isOver && !this.isTooMuch) this.#wait();
      }
    } catch {
      // Whoever writes has gone away in an unusual way: what has come is all there is.
    }
  }
}
