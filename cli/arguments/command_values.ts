import { type Argument, argumentBytes } from "./argument.ts";

/** A checked value of a parameter. */
export type CommandValue = Argument | boolean | number;

/** The checked values of one call of a command, by parameter name. */
export class CommandValues {
  #values: ReadonlyMap<string, readonly CommandValue[]>;

  /** @param values All values of each parameter that was given, in order. */
  constructor(values: ReadonlyMap<string, readonly CommandValue[]>) {
    this.#values = values;
  }

  /** Whether the parameter was given. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The text of a string or enumeration; undefined if it was not given. */
  text(name: string): string | undefined {
    return this.texts(name)[0];
  }

  /** The text of a positional that the parser has made sure of. */
  requiredText(name: string): string {
    const text = this.text(name);
    if (text === undefined) throw new TypeError(`Parameter '${name}' has no value`);
    return text;
  }

  /** All texts of a repeatable string. */
  texts(name: string): string[] {
    return this.arguments(name).map((argument) => argument.text);
  }

  /** The bytes of a path; undefined if it was not given. */
  bytes(name: string): Uint8Array | undefined {
    const argument = this.arguments(name)[0];
    return argument === undefined ? undefined : argumentBytes(argument);
  }

  /** All words of a string parameter. */
  arguments(name: string): Argument[] {
    return (this.#values.get(name) ?? []).filter((value) => typeof value === "object");
  }

  /** A boolean; absent means `fallback`. */
  flag(name: string, fallback = false): boolean {
    const value = this.#values.get(name)?.[0];
    return typeof value === "boolean" ? value : fallback;
  }

  /** An integer; undefined if it was not given. */
  integer(name: string): number | undefined {
    const value = this.#values.get(name)?.[0];
    return typeof value === "number" ? value : undefined;
  }
}
