import { parseCalendarEvent } from "../../calendar/mod.ts";
import { UsageError } from "../../errors/mod.ts";
import type { ConfigSection } from "./section_config.ts";

/** The properties of a section, taken one by one; what is wrong or left over is an error with its line. */
export class SectionProperties {
  readonly #left: Map<string, string>;

  /**
   * @param section Where the properties are.
   * @param file What messages call the file.
   * @throws {UsageError} if a property is there twice.
   */
  constructor(readonly section: ConfigSection, readonly file: string) {
    this.#left = new Map(section.properties);
    if (section.kind !== "acl" && this.#left.size < section.properties.length) {
      this.fail("a property is given twice");
    }
  }

  /** A property's text; undefined if it is not there. */
  take(key: string): string | undefined {
    const value = this.#left.get(key);
    this.#left.delete(key);
    return value;
  }

  /** All properties, as they are. */
  takeAll(): readonly (readonly [string, string])[] {
    this.#left.clear();
    return this.section.properties;
  }

  /** A property that is `true` or `false`. @throws {UsageError} if it is neither. */
  takeBoolean(key: string, fallback: boolean): boolean {
    const value = this.take(key);
    if (value === undefined) return fallback;
    if (value !== "true" && value !== "false") this.fail(`"${key}" must be true or false`);
    return value === "true";
  }

  /** A property that is a number of at most 15 digits. @throws {UsageError} if it is none. */
  takeInteger(key: string): number | undefined {
    const value = this.take(key);
    if (value === undefined) return undefined;
    if (!/^[0-9]{1,15}$/.test(value)) this.fail(`"${key}" must be a number`);
    return Number(value);
  }

  /** A property that is a calendar event. @throws {UsageError} if it is none. */
  takeSchedule(key: string): string | undefined {
    return this.takeParsed(key, (text) => {
      parseCalendarEvent(text);
      return text;
    });
  }

  /** A property that something else reads. @throws {UsageError} with what that says. */
  takeParsed<T>(key: string, parse: (text: string) => T): T | undefined {
    const value = this.take(key);
    if (value === undefined) return undefined;
    try {
      return parse(value);
    } catch (error) {
      return this.fail(`"${key}": ${(error as Error).message}`);
    }
  }

  /** Ends the reading. @throws {UsageError} with file, line and section. */
  fail(reason: string): never {
    const { kind, name, line } = this.section;
    throw new UsageError(`${this.file}, line ${line}: ${kind} "${name}": ${reason}`);
  }

  /** @throws {UsageError} if a property was not taken. */
  finish(): void {
    const [key] = this.#left.keys();
    if (key !== undefined) this.fail(`unknown property "${key}"`);
  }
}
