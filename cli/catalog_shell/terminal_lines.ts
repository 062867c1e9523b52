import process from "node:process";
import { createInterface, type Interface } from "node:readline";
import type { LineCompletion } from "./complete_line.ts";

const HISTORY_LINES = 1000;
/** More candidates than that are counted, not shown. */
const MAX_SHOWN = 500;

/** Completion of the text up to the cursor. */
export type Completer = (line: string) => Promise<LineCompletion>;

/**
 * Lines that are typed on the terminal of this process, with line editing, a history and completion.
 * Between lines the terminal behaves as ever, so that Ctrl-C is a signal.
 */
export class TerminalLines implements Disposable {
  readonly #editor: Interface;
  /** Lines that were typed, or pasted, before they were asked for. */
  readonly #waiting: string[] = [];
  #isClosed = false;
  #wake: (() => void) | undefined;

  /** @param complete What goes wrong there completes nothing. */
  constructor(complete: Completer) {
    this.#editor = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: true,
      historySize: HISTORY_LINES,
      removeHistoryDuplicates: true,
      completer: (line: string, answer: (error: null, found: [string[], string]) => void) => {
        void this.#complete(complete, line).then((found) => answer(null, found));
      },
    });
    this.#editor.on("line", (line) => {
      this.#waiting.push(line);
      this.#wake?.();
    });
    // Ctrl-C ends the session like Ctrl-D (spec: cli.md §4.11).
    this.#editor.on("SIGINT", () => this.#editor.close());
    this.#editor.on("close", () => {
      this.#isClosed = true;
      this.#wake?.();
    });
  }

  /**
   * The next line.
   *
   * @param signal Aborted if nobody waits for it any more.
   * @returns undefined if the session is to end.
   */
  async next(prompt: string, signal: AbortSignal): Promise<string | undefined> {
    if (this.#waiting.length === 0 && !this.#isClosed) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      this.#setRaw(true);
      this.#editor.setPrompt(prompt);
      this.#editor.prompt();
      await woken;
      this.#wake = undefined;
      if (!this.#isClosed) this.#editor.pause();
      this.#setRaw(false);
    }
    const line = this.#waiting.shift();
    // The prompt that Ctrl-C or Ctrl-D was typed at has no end yet.
    if (line === undefined) process.stdout.write("\n");
    return line;
  }

  /** Gives the terminal back. */
  [Symbol.dispose](): void {
    this.#editor.close();
    this.#setRaw(false);
  }

  #setRaw(isRaw: boolean): void {
    if (process.stdin.isTTY) process.stdin.setRawMode(isRaw);
  }

  async #complete(complete: Completer, line: string): Promise<[string[], string]> {
    try {
      const { words, typed } = await complete(line);
      if (words.length <= MAX_SHOWN) return [[...words], typed];
      const prefix = commonStart(words);
      if (prefix.length > typed.length) return [[prefix], typed];
      process.stdout.write(`\n${words.length} names begin like this: type more of one\n`);
      this.#editor.prompt(true);
      return [[], typed];
    } catch {
      return [[], ""];
    }
  }
}

/** Text that all words begin with. */
function commonStart(words: readonly string[]): string {
  const [first = "", ...others] = words;
  let length = first.length;
  for (const word of others) {
    let same = 0;
    while (same < length && word[same] === first[same]) same++;
    length = same;
  }
  return first.slice(0, length);
}
