import type { JobCommand } from "./job_commands.ts";
import type { CommandContext } from "../command_context.ts";
import { Output, type TextStream } from "../output/output.ts";
import { runCommandLine } from "../run_command_line.ts";
import { jobCommandEnvironment } from "./job_variables.ts";

/** Result of a command that a job stands for. */
export interface StepResult {
  readonly isOk: boolean;
  readonly warnings: number;
  /** Its result, as JSON gave it; undefined if there was none. */
  readonly json: unknown;
  /** Failure in its own words, one line. */
  readonly problem?: string | undefined;
}

/**
 * Runs a command line that a job stands for, in this process, with its own warnings and with its result
 * as data. Messages go where those of the job go.
 *
 * @throws {UsageError} if a credential is missing.
 */
export async function runStep(
  { words, variables }: JobCommand,
  { environment: base, output, repositories }: CommandContext,
): Promise<StepResult> {
  const environment = jobCommandEnvironment(base, variables);
  const results = new CollectedText();
  const messages = new WatchedMessages(output.messages);
  const own = new Output(environment, results, messages);
  if (output.isQuiet) own.verbosity = "quiet";
  else if (output.isDebug) own.verbosity = "verbose";
  const line = [...words, "--output-format=json"].map((text) => ({ text }));
  // The options of words that follow -- would be no options any more.
  const at = words.indexOf("--");
  if (at >= 0) line.splice(at, 0, line.pop()!);
  const { code } = await runCommandLine(line, environment, own, repositories);
  const isOk = code === 0;
  return {
    isOk,
    warnings: own.warnings,
    json: results.json(),
    problem: isOk
      ? undefined
      : withoutCommand(messages.problem ?? `ended with exit code ${code}`, variables),
  };
}

/**
 * An error without a command that prints a secret, and what that has said: it goes to the log alone, not
 * into results and messages to people.
 */
function withoutCommand(problem: string, variables: JobCommand["variables"]): string {
  if (!variables.some(({ name }) => name.endsWith("_CMD"))) return problem;
  const starts = ['failed to execute "', 'command "'].map((words) => problem.indexOf(words))
    .filter((at) => at >= 0);
  return starts.length === 0
    ? problem
    : `${problem.slice(0, Math.min(...starts))}a command for a secret failed`;
}

/** Text that is kept. */
class CollectedText implements TextStream {
  readonly #parts: Uint8Array<ArrayBuffer>[] = [];

  writeSync(bytes: Uint8Array): number {
    this.#parts.push(bytes.slice());
    return bytes.length;
  }

  isTerminal(): boolean {
    return false;
  }

  json(): unknown {
    const decoder = new TextDecoder();
    const text = this.#parts.map((part) => decoder.decode(part, { stream: true })).join("").trim();
    try {
      return text === "" ? undefined : JSON.parse(text);
    } catch {
      return undefined;
    }
  }
}

/** Messages that are passed on; the first line of an error is remembered. */
class WatchedMessages implements TextStream {
  problem: string | undefined;
  readonly #stream: TextStream;

  constructor(stream: TextStream) {
    this.#stream = stream;
  }

  writeSync(bytes: Uint8Array): number {
    const text = new TextDecoder().decode(bytes);
    // deno-lint-ignore no-control-regex
    this.problem = /(?:^|\n)(?:\r\x1b\[K)?Error: ([^\n]*)/.exec(text)?.[1] ?? this.problem;
    return this.#stream.writeSync(bytes);
  }

  isTerminal(): boolean {
    return this.#stream.isTerminal();
  }
}
