import { localTimestamp } from "./local_timestamp.ts";

/** Longer lines are cut: a log is for reading. */
const MAX_LINE_LENGTH = 4096;

/** The log of a task while it runs: lines with a timestamp in front. */
export class TaskLogFile implements Disposable {
  readonly #file: Deno.FsFile;
  #open = true;

  /** @param path Is created; the folder exists. */
  constructor(path: string) {
    this.#file = Deno.openSync(path, { create: true, append: true, mode: 0o640 });
  }

  /** Adds a line; line ends inside the text begin new lines. */
  write(text: string): void {
    if (!this.#open) return;
    const time = localTimestamp(new Date());
    let lines = "";
    for (const line of text.split("\n")) lines += `${time}: ${line.slice(0, MAX_LINE_LENGTH)}\n`;
    const bytes = new TextEncoder().encode(lines);
    try {
      for (let written = 0; written < bytes.length;) {
        written += this.#file.writeSync(bytes.subarray(written));
      }
    } catch {
      // A full disk must not end the task that wants to say so.
    }
  }

  [Symbol.dispose](): void {
    if (this.#open) this.#file.close();
    this.#open = false;
  }
}
