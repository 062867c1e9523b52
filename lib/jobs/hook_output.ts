const MAX_LINES = 500;
const MAX_LINE_CHARACTERS = 500;

/** Controls of terminals and the like; a hook's output is shown among our own lines. */
// deno-lint-ignore no-control-regex
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/**
 * Lines that a hook prints. Beyond a bound it is read and thrown away: a hook must neither fill
 * the log nor wait for a reader.
 */
export class HookOutput {
  /** Settles when nobody can write any more. */
  readonly ended: Promise<void>;
  readonly #readers: ReadableStreamDefaultReader<Uint8Array>[];
  readonly #onLine: (line: string) => void;
  #lines = 0;

  constructor(streams: readonly ReadableStream<Uint8Array>[], onLine: (line: string) => void) {
    this.#onLine = onLine;
    this.#readers = streams.map((stream) => stream.getReader());
    this.ended = Promise.all(this.#readers.map((reader) => this.#pump(reader))).then(() => {});
  }

  /** Stops reading. */
  async stop(): Promise<void> {
    for (const reader of this.#readers) await reader.cancel().catch(() => {});
    await this.ended;
  }

  async #pump(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let line = "";
    try {
      for (;;) {
        const { value, done } = await reader.read();
        const parts = (value === undefined ? decoder.decode() : decoder.decode(value, {
          stream: true,
        })).split("\n");
        for (const part of parts.slice(0, -1)) {
          this.#show(line + part);
          line = "";
        }
        line = (line + parts.at(-1)!).slice(0, MAX_LINE_CHARACTERS + 1);
        if (done) break;
      }
    } catch {
      // Whoever writes has gone away in an unusual way: what has come is all there is.
    }
    if (line !== "") this.#show(line);
  }

  #show(line: string): void {
    this.#lines++;
    if (this.#lines > MAX_LINES + 1) return;
    if (this.#lines > MAX_LINES) return this.#onLine("… and more that is not shown");
    const text = line.length > MAX_LINE_CHARACTERS
      ? `${line.slice(0, MAX_LINE_CHARACTERS)}…`
      : line;
    this.#onLine(text.replaceAll(CONTROLS, "\ufffd"));
  }
}
