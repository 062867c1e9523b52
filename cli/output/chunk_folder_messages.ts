import type { ChunkFolderObserver, ChunkFolderProgress } from "../../lib/datastore/mod.ts";
import { describeError } from "../../lib/errors/mod.ts";
import { liveText } from "./live_text.ts";
import type { Output } from "./output.ts";

/** Parts of the whole that are worth a line. */
const PARTS = 4;

/** Messages about the chunk folders of a new datastore. */
export class ChunkFolderMessages implements ChunkFolderObserver {
  #told = 0;

  /** @param name What the lines call the datastore, where there may be several. */
  constructor(private readonly output: Output, private readonly name = "the datastore") {}

  /** A line for each quarter; on a terminal a line that stays in its place. */
  waiting({ made, total }: ChunkFolderProgress): void {
    const percent = Math.floor(made * 100 / total);
    const text = `folders of ${this.name}: ${percent}%`;
    if (this.output.hasLiveLine) {
      if (made < total) this.output.setLiveLine(liveText(text));
      else this.output.clearLiveLine();
      return;
    }
    const part = Math.floor(made * PARTS / total);
    if (part > this.#told) this.output.log("info", text);
    this.#told = part;
  }

  failed(error: unknown): void {
    this.output.clearLiveLine();
    const reason = describeError(error).join(": ");
    this.output.log(
      "warn",
      `not all folders of ${this.name} were made, the next backup goes on: ${reason}`,
    );
  }
}
