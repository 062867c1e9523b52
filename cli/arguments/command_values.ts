import { type Argument, argumentBytes } from "./argument.ts";

/** A checked value of a parameter. */
export type CommandValue = Argument | boolean | number;

/**
 * The checked values of one call of a command, by parameter name. A parameter that was not given has
 * its declared default, unless only what was given is asked for.
 */
export class CommandValues {
  #values: ReadonlyMap<string, readonly CommandValue[]>;
  #defaults: ReadonlyMap<string, CommandValue>;

  /**
   * @param values All values of each parameter that was given, in order.
   * @param defaults The declared defaults.
   */
  constructor(
    values: ReadonlyMap<string, readonly CommandValue[]>,
    defaults: ReadonlyMap<string, CommandValue> = new Map(),
  ) {
    this.#values = values;
    this.#defaults = defaults;
  }

  /** Whether the parameter was given, whatever its default is. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The text of a string or enumeration; undefined if there is none. */
  text(name: string): string | undefined {
    return textOf(this.#first(name));
  }

  /** The text that was given, for parameters whose default depends on more than the table. */
  givenText(name: string): string | undefined {
    return this.texts(name)[0];
  }

  /** The text of a positional that the parser has made sure of, or that has a default. */
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

  /** A boolean; `fallback` if it was not given and no default is declared. */
  flag(name: string, fallback = false): boolean {
    const value = this.#first(name);
    return typeof value === "boolean" ? value : fallback;
  }

  /** An integer; undefined if there is none. */
  integer(name: string): number | undefined {
    return numberOf(this.#first(name));
  }

  /** The integer that was given, for parameters whose default depends on more than the table. */
  givenInteger(name: string): number | undefined {
    return numberOf(this.#values.get(name)?.[0]);
  }

  /** An integer that has a default, or that the parser has made sure of. */
  requiredInteger(name: string): number {
    const value = this.integer(name);
    if (value === undefined) throw new TypeError(`Parameter '${name}' has no value`);
    return value;
  }

  #first(name: string): CommandValue | undefined {
    return this.#values.get(name)?.[0] ?? this.#defaults.get(name);
  }
}

function textOf(value: CommandValue | undefined): string | undefined {
  return typeof value === "object" ? value.text : undefined;
}

function numberOf(value: CommandValue | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}
