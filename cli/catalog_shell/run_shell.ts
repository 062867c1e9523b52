import { RestoreMessages } from "../output/restore_messages.ts";
import type { CryptConfig } from "../../lib/crypto/mod.ts";
import type { SnapshotSource } from "../../lib/repository/mod.ts";
import type { ArchiveShell } from "../../lib/shell/mod.ts";
import type { CommandContext } from "../command_context.ts";
import type { RunnableProgram } from "../runnable_program.ts";
import { catchSignals, type CaughtSignals } from "../signals/catch_signals.ts";
import { SignalError } from "../signals/signal_error.ts";
import { completeLine } from "./complete_line.ts";
import { printableName } from "./name_printer.ts";
import { pipedLines } from "./piped_lines.ts";
import { runLine, shellProgram } from "./shell_program.ts";
import type { ShellSession, WantedPart } from "./shell_session.ts";

const SIGINT = 2;

/** An archive that a shell is opened on. */
export interface ShellArchive {
  readonly shell: ArchiveShell;
  readonly source: SnapshotSource;
  readonly archiveName: string;
  /** Absent if there is no key. */
  readonly crypt: CryptConfig | undefined;
}

/**
 * A catalog shell from its first line to its last: on a terminal with a prompt, otherwise with the
 * lines of the standard input (spec: cli.md §4.11).
 *
 * @throws {SignalError} if a signal ends it.
 */
export class ShellRun implements ShellSession {
  readonly #archive: ShellArchive;
  readonly #context: CommandContext;
  readonly #program: RunnableProgram;
  #signal: AbortSignal = AbortSignal.abort();

  constructor(archive: ShellArchive, context: CommandContext) {
    this.#archive = archive;
    this.#context = context;
    this.#program = shellProgram(() => this);
  }

  get shell(): ArchiveShell {
    return this.#archive.shell;
  }

  get output(): CommandContext["output"] {
    return this.#context.output;
  }

  get signal(): AbortSignal {
    return this.#signal;
  }

  /** Runs all lines. */
  async run(): Promise<void> {
    const isInteractive = Deno.stdin.isTerminal() && this.output.showsResults;
    if (isInteractive) await this.#runOnTerminal();
    else await this.#runPiped();
  }

  /** Existing directories are accepted, nothing is replaced (spec: client-pipeline.md §7.4). */
  async restore(target: Uint8Array, wanted: WantedPart): Promise<void> {
    const { newRestoreProgress, PLAIN_RESTORE, runRestore } = await import(
      "../../lib/restore/mod.ts"
    );
    const { source, archiveName, crypt } = this.#archive;
    using messages = new RestoreMessages(this.output, newRestoreProgress());
    try {
      await runRestore({
        source,
        archiveName,
        target,
        ...wanted,
        ...PLAIN_RESTORE,
        allowExistingDirs: true,
        ...(crypt === undefined ? {} : { crypt }),
        signal: this.#signal,
      }, messages);
    } finally {
      // Only the line that says what was made; the official shell says nothing.
      messages.fail();
    }
  }

  async #runPiped(): Promise<void> {
    for await (const line of pipedLines(Deno.stdin.readable)) {
      using signals = this.#catch();
      const end = await this.#runLine(line);
      signals.rethrow();
      if (end === "exit") return;
    }
  }

  async #runOnTerminal(): Promise<void> {
    const { TerminalLines } = await import("./terminal_lines.ts");
    using lines = new TerminalLines((line) => completeLine(line, this.#program.table, this.shell));
    for (;;) {
      const line = await this.#askForLine((signal) => lines.next(this.#prompt(), signal));
      if (line === undefined) return;
      using signals = this.#catch();
      const end = await this.#runLine(new TextEncoder().encode(line));
      rethrowOthers(signals);
      if (end === "exit") return;
    }
  }

  async #askForLine(
    next: (signal: AbortSignal) => Promise<string | undefined>,
  ): Promise<string | undefined> {
    using signals = catchSignals(() => {});
    const line = await next(signals.signal);
    signals.rethrow();
    return line;
  }

  #catch(): CaughtSignals {
    const signals = catchSignals(() => this.output.log("info", "interrupted"));
    this.#signal = signals.signal;
    return signals;
  }

  async #runLine(line: Uint8Array): Promise<"exit" | "goes-on"> {
    return await runLine(line, this.#program, this.#context);
  }

  #prompt(): string {
    return `pxar:${new TextDecoder().decode(printableName(this.shell.position))} > `;
  }
}

/** Ctrl-C ends a command, and not the session. */
function rethrowOthers(signals: CaughtSignals): void {
  try {
    signals.rethrow();
  } catch (error) {
    if (!(error instanceof SignalError && error.signalNumber === SIGINT)) throw error;
  }
}
