import { parseSections } from "./section_config.ts";

/**
 * The text of a configuration file that is changed line by line: comments, order and blank lines of
 * what is not changed stay as somebody wrote them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const text = new ConfigText("# mine\nuser: joe@pbs\n\tenable true # yes\n");
 * text.setProperty("user", "joe@pbs", "comment", "Joe");
 * text.setProperty("user", "joe@pbs", "enable", undefined);
 * assertEquals(text.toString(), "# mine\nuser: joe@pbs\n\tcomment Joe\n");
 * ```
 */
export class ConfigText {
  readonly #lines: string[];

  /** @param text As `parseSections` takes it. */
  constructor(text: string) {
    this.#lines = text.split("\n");
    if (this.#lines.at(-1) === "") this.#lines.pop();
  }

  /** Whether there is a section. */
  has(kind: string, name: string): boolean {
    return this.#find(kind, name).length > 0;
  }

  /** Adds a section without properties at the end. */
  addSection(kind: string, name: string): void {
    if (this.#lines.length > 0 && this.#lines.at(-1)!.trim() !== "") this.#lines.push("");
    this.#lines.push(`${kind}: ${name}`);
  }

  /** Removes a section with its properties, if there is one. */
  removeSection(kind: string, name: string): void {
    for (const { start, end } of this.#find(kind, name).reverse()) this.#remove(start, end);
  }

  /** Removes a section in which there is nothing, not even a comment. */
  removeEmptySection(kind: string, name: string): void {
    for (const { start, end } of this.#find(kind, name).reverse()) {
      const isCommented = /^[ \t]+#/.test(this.#lines[start + 1] ?? "");
      if (end === start + 1 && !isCommented) this.#remove(start, end);
    }
  }

  /**
   * Sets a property of a section that there is.
   *
   * @param value One line; undefined removes the property.
   */
  setProperty(kind: string, name: string, key: string, value: string | undefined): void {
    this.setProperties(kind, name, key, value === undefined ? [] : [value]);
  }

  /** Sets all lines of one key, which may occur several times in some sections. */
  setProperties(kind: string, name: string, key: string, values: readonly string[]): void {
    const ranges = this.#find(kind, name);
    if (ranges.length === 0) throw new RangeError(`there is no section "${kind}: ${name}"`);
    // Some kinds of sections may be there twice: the first one gets what holds for both.
    for (const [at, range] of [...ranges.entries()].reverse()) {
      this.#setLines(range, key, at === 0 ? values : []);
    }
  }

  /** The file's text. */
  toString(): string {
    return this.#lines.map((line) => `${line}\n`).join("");
  }

  #setLines({ start, end }: LineRange, key: string, values: readonly string[]): void {
    const inside = this.#lines.slice(start + 1, end);
    const isOther = (line: string) => propertyKey(line) !== key;
    const kept = inside.filter(isOther);
    const first = inside.findIndex((line) => !isOther(line));
    const at = first < 0 ? kept.length : inside.slice(0, first).filter(isOther).length;
    kept.splice(at, 0, ...values.map((value) => `\t${key} ${value}`));
    this.#lines.splice(start + 1, inside.length, ...kept);
  }

  #remove(start: number, end: number): void {
    const hasBlank = this.#lines[end]?.trim() === "";
    this.#lines.splice(start, end - start + (hasBlank ? 1 : 0));
  }

  /** The sections of that name, in order. */
  #find(kind: string, name: string): LineRange[] {
    return parseSections(this.toString(), "configuration")
      .filter((section) => section.kind === kind && section.name === name)
      .map(({ line }) => ({ start: line - 1, end: this.#endOf(line) }));
  }

  /** After the last property; comments after that belong to what follows. */
  #endOf(first: number): number {
    let end = first;
    for (let at = first; at < this.#lines.length; at++) {
      const line = this.#lines[at]!;
      if (propertyKey(line) !== undefined) end = at + 1;
      else if (!/^\s*(#|$)/.test(line)) break;
    }
    return end;
  }
}

/** Range from a heading to the end of its last line. */
interface LineRange {
  readonly start: number;
  readonly end: number;
}

/** The key of an indented line; undefined for comments, blank lines and headings. */
function propertyKey(line: string): string | undefined {
  return /^[ \t]+([^\s#]\S*)/.exec(line)?.[1];
}
