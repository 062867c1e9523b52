/** One header field: lower-case name and value. */
export type HeaderField = readonly [name: string, value: string];

/** The header fields of a message in their order; names are lower case. */
export class HeaderFields implements Iterable<HeaderField> {
  /** @param list The fields in their order, names in lower case. */
  constructor(readonly list: readonly HeaderField[] = []) {}

  /**
   * The value of the first field of that name.
   *
   * @param name Lower case.
   */
  get(name: string): string | undefined {
    for (const field of this.list) if (field[0] === name) return field[1];
    return undefined;
  }

  /**
   * The values of all fields of that name, in order.
   *
   * @param name Lower case.
   */
  getAll(name: string): string[] {
    const values: string[] = [];
    for (const field of this.list) if (field[0] === name) values.push(field[1]);
    return values;
  }

  /**
   * Whether a comma-separated list field contains a token, compared without case.
   *
   * @param name Lower case.
   * @param token Lower case.
   */
  hasToken(name: string, token: string): boolean {
    return this.getAll(name).some((value) =>
      value.split(",").some((part) => part.trim().toLowerCase() === token)
    );
  }

  [Symbol.iterator](): Iterator<HeaderField> {
    return this.list[Symbol.iterator]();
  }
}
