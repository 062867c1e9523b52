/** A table of another program's configuration, of which is known what has not been looked at. */
export class ForeignTable {
  readonly #entries: Map<string, unknown>;

  /** @param path Keys that lead to it, with dots; empty for the whole file. */
  constructor(value: unknown, readonly path: string) {
    this.#entries = new Map(isTable(value) ? Object.entries(value) : []);
  }

  /** Its keys that were not taken. */
  get left(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /** The name of a key for messages. */
  keyOf(name: string): string {
    return this.path === "" ? name : `${this.path}.${name}`;
  }

  /** Takes a value. */
  take(name: string): unknown {
    const value = this.#entries.get(name);
    this.#entries.delete(name);
    return value ?? undefined;
  }

  /** Takes a text; numbers are texts as well. What is something else stays. */
  text(name: string): string | undefined {
    const value = this.#entries.get(name);
    if (typeof value !== "string" && typeof value !== "number") return undefined;
    return String(this.take(name));
  }

  /** Takes one text or several, but for empty ones. What is something else stays. */
  texts(name: string): string[] {
    const value = this.#entries.get(name);
    const all = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
    if (!all.every((each) => typeof each === "string" || typeof each === "number")) return [];
    this.take(name);
    return all.map(String).filter((each) => each.trim() !== "");
  }

  /** Takes a boolean. */
  flag(name: string): boolean | undefined {
    const value = this.#entries.get(name);
    return typeof value === "boolean" ? this.take(name) as boolean : undefined;
  }

  /** Takes a whole number, also one that is written as a text. */
  integer(name: string): number | undefined {
    const value = this.#entries.get(name);
    const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
    if (typeof number !== "number" || !Number.isSafeInteger(number)) return undefined;
    this.take(name);
    return number;
  }

  /** Takes a table; an empty one if there is none. */
  table(name: string): ForeignTable {
    const value = this.#entries.get(name);
    if (isTable(value)) this.take(name);
    return new ForeignTable(isTable(value) ? value : {}, this.keyOf(name));
  }
}

/** Whether a value is a table. */
export function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
