import type { Output } from "./output.ts";

/** Text is written in portions of about this many characters. */
const PORTION_LENGTH = 64 * 1024;

/**
 * A JSON object that is printed while it is made: one of its members may be a list that is larger
 * than memory. Members stand in the order in which they are given.
 */
export class JsonObjectWriter {
  #portion = "{";
  #isFirst = true;

  /** @param isPretty With line breaks and indentation. */
  constructor(private readonly output: Output, private readonly isPretty: boolean) {}

  /** A member that is at hand. */
  member(name: string, value: unknown): void {
    this.#begin(1);
    this.#write(`${JSON.stringify(name)}:${this.isPretty ? " " : ""}`);
    this.#write(this.#text(value, 1));
  }

  /** A member that is a list, whose items follow. */
  beginList(name: string): void {
    this.#begin(1);
    this.#write(`${JSON.stringify(name)}:${this.isPretty ? " " : ""}[`);
    this.#isFirst = true;
  }

  /** An item of the list. */
  item(value: unknown): void {
    this.#begin(2);
    this.#write(this.#text(value, 2));
  }

  /** The list is complete. */
  endList(): void {
    if (!this.#isFirst) this.#write(this.#lineBreak(1));
    this.#write("]");
    this.#isFirst = false;
  }

  /** The object is complete. */
  end(): void {
    this.#write(`${this.#lineBreak(0)}}\n`);
    this.#flush();
  }

  #begin(level: number): void {
    if (!this.#isFirst) this.#write(",");
    this.#isFirst = false;
    this.#write(this.#lineBreak(level));
  }

  #text(value: unknown, level: number): string {
    const text = JSON.stringify(value, undefined, this.isPretty ? 2 : 0);
    return this.isPretty ? text.replaceAll("\n", this.#lineBreak(level)) : text;
  }

  #lineBreak(level: number): string {
    return this.isPretty ? `\n${"  ".repeat(level)}` : "";
  }

  #write(text: string): void {
    this.#portion += text;
    if (this.#portion.length >= PORTION_LENGTH) this.#flush();
  }

  #flush(): void {
    this.output.print(this.#portion);
    this.#portion = "";
  }
}
