import type { ParameterValue } from "./parameter_schema.ts";

/** The parameters of a call after they were verified. */
export class ParameterValues {
  readonly #values: ReadonlyMap<string, ParameterValue>;

  /** @param values By name; each has the type its schema says. */
  constructor(values: ReadonlyMap<string, ParameterValue>) {
    this.#values = values;
  }

  /** Whether a parameter was given. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** How many were given. */
  get count(): number {
    return this.#values.size;
  }

  /** A value of any type, or undefined if it is missing. */
  value(name: string): ParameterValue | undefined {
    return this.#values.get(name);
  }

  /** A text; one that is optional and missing is empty. */
  text(name: string): string {
    return (this.#values.get(name) as string | undefined) ?? "";
  }

  /** A text, or undefined if it is missing. */
  optionalText(name: string): string | undefined {
    return this.#values.get(name) as string | undefined;
  }

  /** An integer that is not optional. */
  integer(name: string): number {
    return this.#values.get(name) as number;
  }

  /** An integer, or undefined if it is missing. */
  optionalInteger(name: string): number | undefined {
    return this.#values.get(name) as number | undefined;
  }

  /** A boolean, or what it is when it is missing. */
  boolean(name: string, fallback = false): boolean {
    return (this.#values.get(name) as boolean | undefined) ?? fallback;
  }

  /** The texts of an array; none if it is missing. */
  texts(name: string): readonly string[] {
    return (this.#values.get(name) as readonly string[] | undefined) ?? [];
  }

  /** The integers of an array; none if it is missing. */
  integers(name: string): readonly number[] {
    return (this.#values.get(name) as readonly number[] | undefined) ?? [];
  }
}
