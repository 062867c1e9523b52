/** Part of a TOML file, with the line where it stands (from 1). */
export type TomlNode = TomlTable | TomlArray | TomlScalar;

/** Keys with their values. */
export interface TomlTable {
  readonly kind: "table";
  readonly line: number;
  readonly entries: Map<string, TomlNode>;
}

/** Values in order. */
export interface TomlArray {
  readonly kind: "array";
  readonly line: number;
  readonly items: TomlNode[];
}

/** A value that is no table and no array; times are of no use in our files. */
export interface TomlScalar {
  readonly kind: "scalar";
  readonly line: number;
  readonly value: string | number | boolean | undefined;
}
