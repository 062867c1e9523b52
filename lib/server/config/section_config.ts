import { UsageError } from "../../errors/mod.ts";

/** One section of a configuration file: a heading and what is below it. */
export interface ConfigSection {
  /** The word before the colon. */
  readonly kind: string;
  /** The word after it. */
  readonly name: string;
  /** Key and value of each line, in order. */
  readonly properties: readonly (readonly [key: string, value: string])[];
  /** Line number of the heading. */
  readonly line: number;
}

/**
 * Reads the text of a configuration file: headings `kind: name` at the start of a line, indented
 * lines `key value` below them, `#` in front of comments.
 *
 * @param name What messages call the file.
 * @throws {UsageError} naming the line that is neither.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const [section] = parseSections("datastore: store1\n\tpath /srv/backup # disk 2\n", "server.cfg");
 * assertEquals(section!.properties, [["path", "/srv/backup # disk 2"]]);
 * ```
 */
export function parseSections(text: string, name: string): ConfigSection[] {
  const sections: (ConfigSection & { readonly properties: [string, string][] })[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const heading = /^([a-z][a-z0-9-]*):\s*(\S+)\s*$/.exec(line);
    const property = /^[ \t]+(\S+)(?:[ \t]+(\S.*))?$/.exec(line.trimEnd());
    const current = sections.at(-1);
    if (heading !== null) {
      sections.push({ kind: heading[1]!, name: heading[2]!, properties: [], line: index + 1 });
    } else if (property !== null && current !== undefined) {
      current.properties.push([property[1]!, property[2] ?? ""]);
    } else {
      throw new UsageError(
        `${name}, line ${index + 1}: expected "kind: name" or an indented "key value"`,
      );
    }
  }
  return sections;
}
