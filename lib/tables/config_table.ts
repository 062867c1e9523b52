import { parseTimeSpan } from "../time/mod.ts";
import { TableError } from "./table_error.ts";

/**
 * A table that is taken apart key by key, with every value checked.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * const table = new ConfigTable({ host: "a", prot: 1 }, ["mail"]);
 * assertEquals(table.text("host"), "a");
 * assertEquals(table.text("port"), undefined);
 * assertThrows(() => table.finish(), Error, `mail.prot: unknown key, did you mean one of: host, port`);
 * ```
 */
export class ConfigTable {
  readonly #values: Readonly<Record<string, unknown>>;
  /** Keys that somebody asked for, there or not. */
  readonly #known = new Set<string>();

  /**
   * A table as a reader of TOML or JSON gives it.
   *
   * @param value Anything.
   * @param place The keys that lead to it.
   * @throws {TableError} if it is no table.
   */
  constructor(value: unknown, readonly place: readonly string[]) {
    if (!isTable(value)) throw new TableError(place, "must be a table");
    this.#values = value;
  }

  /** The keys that are there. */
  keys(): string[] {
    return Object.keys(this.#values);
  }

  /** Whether a key is there; does not count as taking it. */
  has(key: string): boolean {
    return Object.hasOwn(this.#values, key);
  }

  /**
   * A text that is not empty and has no control characters other than line ends and tabs.
   *
   * @throws {TableError} if the value is anything else.
   */
  text(key: string): string | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    return this.#checkText(value, [...this.place, key]);
  }

  /** A text of one line. @throws {TableError} if the value is anything else. */
  line(key: string): string | undefined {
    const text = this.text(key);
    if (text !== undefined && /[\n\r\t]/.test(text)) this.fail(key, "must be one line");
    return text;
  }

  /** A list of texts; one text is a list of one. @throws {TableError} if it is anything else. */
  texts(key: string): string[] | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) return [this.#checkText(value, [...this.place, key])];
    return value.map((item, i) => this.#checkText(item, [...this.place, key, `${i + 1}`]));
  }

  /** Yes or no. @throws {TableError} if the value is anything else. */
  flag(key: string): boolean | undefined {
    const value = this.value(key);
    if (value === undefined || typeof value === "boolean") return value;
    this.fail(key, "must be true or false");
  }

  /** A whole number within limits. @throws {TableError} if the value is anything else. */
  number(key: string, least: number, most: number): number | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    const number = typeof value === "bigint" ? Number(value) : value;
    if (
      typeof number !== "number" || !Number.isInteger(number) || number < least || number > most
    ) {
      this.fail(key, `must be a whole number from ${least} to ${most}`);
    }
    return number;
  }

  /**
   * A span of time: whole seconds, or a text such as `1h30m`.
   *
   * @returns Seconds.
   * @throws {TableError} if the value is anything else, or out of the limits, in seconds.
   */
  span(key: string, least: number, most: number): number | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    const seconds = typeof value === "string"
      ? parseTimeSpan(value)
      : typeof value === "bigint"
      ? Number(value)
      : value;
    if (typeof seconds !== "number" || !Number.isInteger(seconds)) {
      this.fail(key, `must be a span of time such as "30s", "10m" or "1d12h"`);
    }
    if (seconds < least || seconds > most) {
      this.fail(key, `must be from ${least} to ${most} seconds`);
    }
    return seconds;
  }

  /** One of some words. @throws {TableError} naming them if the value is anything else. */
  choice<T extends string>(key: string, words: readonly T[]): T | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    const word = words.find((it) => it === value);
    if (word === undefined) this.fail(key, `must be one of: ${words.join(", ")}`);
    return word;
  }

  /** A table within this one. @throws {TableError} if the value is anything else. */
  table(key: string): ConfigTable | undefined {
    const value = this.value(key);
    return value === undefined ? undefined : new ConfigTable(value, [...this.place, key]);
  }

  /** A list of tables; their places count from 1. @throws {TableError} if it is anything else. */
  tables(key: string): ConfigTable[] {
    const value = this.value(key);
    if (value === undefined) return [];
    if (!Array.isArray(value)) {
      this.fail(key, `must be a list of tables: [[${this.place.join(".")}.${key}]]`);
    }
    return value.map((item, i) => new ConfigTable(item, [...this.place, key, `${i + 1}`]));
  }

  /** A value of any type, undefined if there is none. */
  value(key: string): unknown {
    this.#known.add(key);
    return this.has(key) ? this.#values[key] : undefined;
  }

  /** Something that must be there. @throws {TableError} if it is not. */
  required<T>(key: string, value: T | undefined): T {
    if (value === undefined) this.fail(key, "is missing");
    return value;
  }

  /** A mistake in the value of a key. @throws {TableError} always. */
  fail(key: string, problem: string): never {
    throw new TableError([...this.place, key], problem);
  }

  /** The end: nothing may be left. @throws {TableError} naming a key that nobody asked for. */
  finish(): void {
    for (const key of this.keys()) {
      if (this.#known.has(key)) continue;
      this.fail(key, `unknown key, did you mean one of: ${[...this.#known].toSorted().join(", ")}`);
    }
  }

  #checkText(value: unknown, place: readonly string[]): string {
    if (typeof value !== "string") throw new TableError(place, "must be a text");
    if (value === "") throw new TableError(place, "must not be empty");
    // deno-lint-ignore no-control-regex -- they would end up in messages and headers
    if (/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(value)) {
      throw new TableError(place, "must not have control characters");
    }
    return value;
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Date);
}
