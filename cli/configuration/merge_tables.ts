import type { TomlNode, TomlTable } from "../../lib/tables/mod.ts";

/** Keys of which one says the same as another: the nearest of them counts. */
const FAMILY = /^(key-password|password|s3-secret-key)-(?:file|command|credential)$/;

/**
 * A table with the keys of another for those that it has not. Inner tables are merged alike; arrays are
 * not, the nearer one counts.
 */
export function mergeTables(below: TomlTable, above: TomlTable): TomlTable {
  const entries = new Map<string, TomlNode>();
  const families = new Set([...above.entries.keys()].map(familyOf));
  for (const [name, node] of below.entries) {
    if (familyOf(name) === undefined || !families.has(familyOf(name))) entries.set(name, node);
  }
  for (const [name, node] of above.entries) {
    const other = entries.get(name);
    entries.set(
      name,
      node.kind === "table" && other?.kind === "table" ? mergeTables(other, node) : node,
    );
  }
  return { kind: "table", line: above.line, entries };
}

/** The family of a key, e.g. `password`; undefined if it has none. */
export function familyOf(name: string): string | undefined {
  return FAMILY.exec(name)?.[1];
}
