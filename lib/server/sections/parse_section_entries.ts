import { UsageError } from "../../errors/mod.ts";
import { ParameterError, type ParameterSchemas, verifyParameters } from "../api/mod.ts";
import { parseSections } from "../config/mod.ts";
import type { SectionEntry } from "./section_entry.ts";

/** Form of the sections of a file. */
export interface SectionRules {
  /** Word in front of a section's name. */
  readonly section: string;
  /** Rule for the name, as `id`, and for the properties. */
  readonly schemas: ParameterSchemas;
}

/**
 * Reads the text of a file whose sections are all of one kind.
 *
 * @param name What messages call the file.
 * @throws {UsageError} naming the line of the section that is wrong.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const schemas = { id: { kind: "string" }, port: { kind: "integer" } } as const;
 * const rules = { section: "place", schemas };
 * const [entry] = parseSectionEntries(rules, "place: here\n\tport 80\n", "places.cfg");
 * assertEquals(entry, { id: "here", properties: { port: 80 } });
 * ```
 */
export function parseSectionEntries(
  { section: word, schemas }: SectionRules,
  text: string,
  name: string,
): SectionEntry[] {
  const entries: SectionEntry[] = [];
  const names = new Set<string>();
  for (const section of parseSections(text, name)) {
    const fail = (reason: string): never => {
      throw new UsageError(
        `${name}, line ${section.line}: ${section.kind} "${section.name}": ${reason}`,
      );
    };
    if (section.kind !== word) fail(`expected a section "${word}: NAME"`);
    if (names.has(section.name)) fail("it is defined twice");
    names.add(section.name);
    try {
      const variables = new Map([["id", section.name]]);
      const raw = { form: "text", pairs: section.properties } as const;
      const values = verifyParameters(schemas, raw, variables);
      const found = Object.keys(schemas)
        .filter((key) => key !== "id" && values.has(key))
        .map((key) => [key, values.value(key)]);
      entries.push({ id: section.name, properties: Object.fromEntries(found) });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const { problems } = error instanceof ParameterError ? error : { problems: [] };
      fail(problems.map((each) => `"${each.name}": ${each.text}`).join("; ") || error.message);
    }
  }
  return entries;
}
