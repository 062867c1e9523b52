import { runCommandLine } from "../../cli/run_command_line.ts";
import { PBS_CLIENT } from "../../cli/command_table.ts";
import type { RunnableProgram } from "../../cli/runnable_program.ts";
import { readArguments } from "../../cli/arguments/read_arguments.ts";
import type { RepositoryOpener } from "../../cli/repository/repository_opener.ts";
import { Output, type TextStream } from "../../cli/output/output.ts";
import type { Repository, RepositoryTasks } from "../../lib/repository/mod.ts";

/** What a run in this process left. */
export interface InProcessRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A stream that keeps what is written. */
export class MemoryStream implements TextStream {
  #parts: Uint8Array[] = [];

  constructor(readonly terminal = false) {}

  writeSync(bytes: Uint8Array): number {
    this.#parts.push(bytes.slice());
    return bytes.length;
  }

  isTerminal(): boolean {
    return this.terminal;
  }

  /** All that was written. */
  get text(): string {
    const decoder = new TextDecoder();
    return this.#parts.map((part) => decoder.decode(part, { stream: true })).join("");
  }
}

/** Runs a command line in this process. */
export async function runInProcess(
  argv: readonly string[],
  env: Readonly<Record<string, string | null>>,
  repositories?: RepositoryOpener,
  program: RunnableProgram = PBS_CLIENT,
  stdout: MemoryStream = new MemoryStream(),
): Promise<InProcessRun> {
  const environment = { get: (name: string) => env[name] ?? undefined };
  const stderr = new MemoryStream();
  const { code } = await runCommandLine(
    readArguments(argv, () => new Uint8Array()),
    environment,
    new Output(environment, stdout, stderr, program.logVariable),
    repositories,
    program,
  );
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** What a {@linkcode fakeRepository} says when it is asked for what it does not have. */
export const REACHED_REPOSITORY = "the fake repository was reached";

/** A repository that has only what the test gives it; everything else fails. */
export function fakeRepository(members: Partial<Repository>): Repository {
  return fake<Repository>(members);
}

/** The tasks of a {@linkcode fakeRepository}. */
export function fakeTasks(members: Partial<RepositoryTasks>): RepositoryTasks {
  return fake<RepositoryTasks>(members);
}

function fake<T extends object>(members: Partial<T>): T {
  return new Proxy(members as T, {
    get(target, name): unknown {
      if (name === Symbol.asyncDispose) return () => Promise.resolve();
      // Not a promise.
      if (name === "then") return undefined;
      if (name === "tasks" && !Reflect.has(target, name)) return fakeTasks({});
      if (Reflect.has(target, name)) return Reflect.get(target, name);
      return () => {
        throw new Error(`${REACHED_REPOSITORY}: ${String(name)}`);
      };
    },
  });
}
