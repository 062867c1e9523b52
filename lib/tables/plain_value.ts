import type { TomlNode } from "./toml_node.ts";

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
