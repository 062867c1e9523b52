import { PbsError } from "../../errors/mod.ts";
import { localTimestamp } from "./local_timestamp.ts";

/** Longer lines are cut: a log is for reading. */
const MAX_LINE_LENGTH = 4096;

const FOLDER_MODE = 0o750;

/** The log of a task while it runs: lines with a timestamp in front. */
export class TaskLogFile implements Disposable {
  readonly #file: Deno.FsFile;
  #open = true;

  /**
   * @param path Is created, with the folder it is in.
   * @throws {PbsError} if that is not possible.
   */
  constructor(path: string) {
    try {
      const folder = path.slice(0, path.lastIndexOf("/"));
      Deno.mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
      this.#file = Deno.openSync(path, { create: true, append: true, mode: 0o640 });
    } catch (cause) {
      throw new PbsError(`cannot make the log of the task: ${(cause as Error).message}`, { cause });
    }
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
