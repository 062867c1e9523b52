/** A value of a key. */
export type KeyValue = string | number | boolean | readonly string[];

/** Keys with their values, checked. */
export class KeyValues {
  readonly #values: ReadonlyMap<string, KeyValue>;

  constructor(values: ReadonlyMap<string, KeyValue>) {
    this.#values = values;
  }

  /** The value as the file has it; undefined if it has none. */
  get(name: string): KeyValue | undefined {
    return this.#values.get(name);
  }

  /** Value of a string. */
  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return typeof value === "string" ? value : undefined;
  }

  /** Value of an array of strings; empty if it is not there. */
  texts(name: string): readonly string[] {
    const value = this.#values.get(name);
    return typeof value === "object" ? value : [];
  }

  /** Value of a boolean; false if it is not there. */
  flag(name: string): boolean {
    return this.#values.get(name) === true;
  }
}

/** A repository of the file. */
export interface RepositoryEntry {
  readonly name: string;
  readonly keys: KeyValues;
}

/** A job, with what it has from others. */
export interface JobEntry {
  readonly name: string;
  readonly keys: KeyValues;
  readonly hooks: KeyValues;
  readonly when: KeyValues;
  /** Absent if it does not maintain its repositories. */
  readonly maintain?: KeyValues | undefined;
  readonly repositories: readonly RepositoryEntry[];
}

/** A file of jobs in which nothing is wrong. */
export interface JobsFile {
  /** Absolute, without links. */
  readonly path: string;
  readonly jobs: readonly JobEntry[];
  /** Tables below `[alerts]` by name, as the file has them. */
  readonly alerts: ReadonlyMap<string, unknown>;
  readonly repositories: readonly RepositoryEntry[];
}
