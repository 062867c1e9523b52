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

/** A value as JavaScript has it; tables become objects without a prototype. */
export function plainValue(node: TomlNode): unknown {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "array":
      return node.items.map(plainValue);
    case "table": {
      const plain: Record<string, unknown> = Object.create(null);
      for (const [key, value] of node.entries) plain[key] = plainValue(value);
      return plain;
    }
  }
}
