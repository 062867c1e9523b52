import type { Environment } from "../environment/environment.ts";
import {
  type LogLevel,
  type LogThreshold,
  parseLogThreshold,
  passesThreshold,
} from "./log_level.ts";

/** Where text goes: the part of `Deno.stdout` and `Deno.stderr` that is needed here. */
export interface TextStream {
  writeSync(bytes: Uint8Array): number;
  isTerminal(): boolean;
}

/** The reader of the standard output has gone away. */
export class ClosedOutputError extends Error {
  override name = "ClosedOutputError";
}

/** How a result is printed (spec: cli.md §1.7). */
export type OutputFormat = "text" | "json" | "json-pretty";

const encoder = new TextEncoder();

/**
 * The only way to the standard output and the standard error. Results go to the former, messages to
 * the latter; a live line may stand below the messages of a terminal.
 */
export class Output {
  readonly #stdout: TextStream;
  readonly #stderr: TextStream;
  readonly #threshold: LogThreshold;
  #live = "";
  #warnings = 0;

  constructor(
    environment: Environment,
    stdout: TextStream = Deno.stdout,
    stderr: TextStream = Deno.stderr,
  ) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    const text = environment.get("PBS_LOG");
    const threshold = text === undefined ? "info" : parseLogThreshold(text);
    if (threshold === undefined) {
      this.errorLine(`env variable PBS_LOG found, but parsing failed: '${text}' is no log level`);
    }
    this.#threshold = threshold ?? "info";
  }

  /** Whether debug messages are wanted. */
  get isDebug(): boolean {
    return passesThreshold("debug", this.#threshold);
  }

  /** Whether messages go to a terminal, where a live line makes sense. */
  get hasLiveLine(): boolean {
    return this.#stderr.isTerminal() && passesThreshold("info", this.#threshold);
  }

  /** Columns of the terminal that gets the results; undefined if there is none. */
  get resultWidth(): number | undefined {
    return this.#stdout.isTerminal() ? terminalWidth() : undefined;
  }

  /**
   * Writes a part of the result.
   *
   * @throws {ClosedOutputError} if nobody reads it any more.
   */
  print(text: string): void {
    if (text === "") return;
    try {
      writeAll(this.#stdout, encoder.encode(text));
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      throw new ClosedOutputError("Standard output is closed", { cause: error });
    }
  }

  /** Writes a line of the result. */
  printLine(text: string): void {
    this.print(`${text}\n`);
  }

  /** Writes a value as JSON, its keys sorted (spec: cli.md §1.7). */
  printJson(value: unknown, format: "json" | "json-pretty"): void {
    this.printLine(JSON.stringify(sortKeys(value), undefined, format === "json" ? 0 : 2));
  }

  /** Warnings and errors that were logged, shown or not. */
  get warnings(): number {
    return this.#warnings;
  }

  /** Writes a log line if its level passes the threshold (spec: cli.md §3.3). */
  log(level: LogLevel, message: string): void {
    if (level === "warn" || level === "error") this.#warnings++;
    if (passesThreshold(level, this.#threshold)) this.errorLine(message);
  }

  /** Writes a line to the standard error, whatever the threshold is. */
  errorLine(text: string): void {
    const live = this.#live;
    const erase = live === "" ? "" : "\r\x1b[K";
    this.#toStderr(`${erase}${text}\n${live}`);
  }

  /** Writes a question to the standard error; the answer follows on the same line. */
  prompt(text: string): void {
    this.setLiveLine("");
    this.#toStderr(text);
  }

  /** Shows a line that the next one replaces; empty removes it. Terminals only. */
  setLiveLine(text: string): void {
    if (!this.hasLiveLine) return;
    const width = (terminalWidth() ?? 80) - 1;
    const line = [...text].slice(0, width).join("");
    if (line === this.#live) return;
    this.#live = line;
    this.#toStderr(`\r\x1b[K${line}`);
  }

  /** A message that cannot be delivered must not become a failure of its own. */
  #toStderr(text: string): void {
    try {
      writeAll(this.#stderr, encoder.encode(text));
    } catch {
      // Nobody listens.
    }
  }
}

function terminalWidth(): number | undefined {
  try {
    const { columns } = Deno.consoleSize();
    return columns > 0 ? columns : undefined;
  } catch {
    return undefined;
  }
}

function writeAll(stream: TextStream, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length;) {
    try {
      offset += stream.writeSync(bytes.subarray(offset));
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      // The reader set the pipe nonblocking: wait a moment for it.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/** A copy with the keys of all objects in alphabetical order. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, sortKeys(member)]));
}
