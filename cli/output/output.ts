import type { Environment } from "../environment.ts";
import {
  type LogLevel,
  type LogThreshold,
  parseLogThreshold,
  passesThreshold,
} from "./log_level.ts";

/** A destination of text: the part of `Deno.stdout` and `Deno.stderr` that is needed here. */
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

/** Of a terminal that does not tell how wide it is. */
const DEFAULT_COLUMNS = 80;

const NEWLINE = 0x0a;

const encoder = new TextEncoder();

/** Text of a live line for so many columns. */
export type LineFor = (columns: number) => string;

/**
 * The only way to the standard output and the standard error. Results go to the former, messages to
 * the latter; a live line may stand below the messages of a terminal.
 */
export class Output {
  readonly #stdout: TextStream;
  readonly #stderr: TextStream;
  readonly #isDumb: boolean;
  readonly #mayColor: boolean;
  #threshold: LogThreshold;
  #live = "";
  #lineFor: LineFor | undefined;
  #warnings = 0;

  constructor(
    environment: Environment,
    stdout: TextStream = Deno.stdout,
    stderr: TextStream = Deno.stderr,
    logVariable: string = "PBS_LOG",
  ) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    // Such a terminal cannot erase what it shows.
    this.#isDumb = environment.get("TERM") === "dumb";
    this.#mayColor = !this.#isDumb && !environment.get("NO_COLOR");
    const text = environment.get(logVariable);
    const threshold = text === undefined ? "info" : parseLogThreshold(text);
    if (threshold === undefined) {
      this.errorLine(
        `env variable ${logVariable} found, but parsing failed: '${text}' is no log level`,
      );
    }
    this.#threshold = threshold ?? "info";
  }

  /** The stream of messages, for an output whose results go elsewhere. */
  get messages(): TextStream {
    return this.#stderr;
  }

  /** Shows warnings and errors only, or more than usual, whatever the variable says. */
  set verbosity(verbosity: "quiet" | "verbose") {
    this.#threshold = verbosity === "quiet" ? "warn" : "debug";
  }

  /** Whether progress and results of the work as such are wanted. */
  get isQuiet(): boolean {
    return !passesThreshold("info", this.#threshold);
  }

  /** Whether debug messages are wanted. */
  get isDebug(): boolean {
    return passesThreshold("debug", this.#threshold);
  }

  /** Whether messages go to a terminal, where a live line makes sense. */
  get hasLiveLine(): boolean {
    return this.#stderr.isTerminal() && !this.#isDumb && !this.isQuiet;
  }

  /** Columns that a live line can have. */
  get liveColumns(): number {
    return liveWidth();
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
    this.printBytes(encoder.encode(text));
  }

  /** Whether results are shown on a terminal. */
  get showsResults(): boolean {
    return this.#stdout.isTerminal();
  }

  /** Whether results may be in color: on a terminal, unless somebody says no. */
  get showsColors(): boolean {
    return this.showsResults && this.#mayColor;
  }

  /**
   * Writes a part of the result that need not be text.
   *
   * @throws {ClosedOutputError} if nobody reads it any more.
   */
  printBytes(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return;
    // On a terminal both stand in the same place.
    const lineFor = this.#lineFor;
    if (lineFor !== undefined && this.#stdout.isTerminal()) this.clearLiveLine();
    try {
      writeAll(this.#stdout, bytes);
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      throw new ClosedOutputError("Standard output is closed", { cause: error });
    }
    if (lineFor !== undefined && bytes.at(-1) === NEWLINE) this.setLiveLine(lineFor);
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
    if (this.#live === "") return this.#toStderr(`${text}\n`);
    // The terminal may be narrower than when the line was shown: what wraps can no longer be erased.
    this.#live = this.#lineFor?.(liveWidth()) ?? "";
    this.#toStderr(`\r\x1b[K${text}\n${this.#live}`);
  }

  /** Writes a question to the standard error; the answer follows on the same line. */
  prompt(text: string): void {
    this.clearLiveLine();
    this.#toStderr(text);
  }

  /** Shows a line that the next one replaces. Terminals only. */
  setLiveLine(lineFor: LineFor): void {
    if (!this.hasLiveLine) return;
    this.#lineFor = lineFor;
    this.#replaceLive(lineFor(liveWidth()));
  }

  /** Removes the live line. */
  clearLiveLine(): void {
    this.#lineFor = undefined;
    this.#replaceLive("");
  }

  #replaceLive(line: string): void {
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

/** One column is left free: some terminals wrap a line that fills the last one. */
function liveWidth(): number {
  return Math.max((terminalWidth() ?? DEFAULT_COLUMNS) - 1, 1);
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

/** Whether a value is a number in the form in which it is to be written. */
function isRawJson(value: object): boolean {
  return Object.isFrozen(value) && "rawJSON" in value;
}

/** A copy with the keys of all objects in alphabetical order. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== "object" || isRawJson(value)) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, sortKeys(member)]));
}
