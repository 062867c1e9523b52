import { type AST, getStaticTOMLValue, ParseError, parseTOML } from "toml-eslint-parser";
import { UsageError } from "../errors/mod.ts";

/** The values of a TOML text, and where they stand. */
export interface TomlTable {
  /** Objects, arrays, strings, numbers, true and false. */
  readonly value: Readonly<Record<string, unknown>>;
  /** The line of a place, or of the nearest one around it; from 1. */
  lineOf(place: readonly string[]): number;
}

/**
 * Parses a TOML text.
 *
 * @param name What messages call the file.
 * @throws {UsageError} naming the line if it is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const { value, lineOf } = parseTomlTable('[a]\nb = "c"\n', "x.toml");
 * assertEquals(JSON.stringify(value), '{"a":{"b":"c"}}');
 * assertEquals(lineOf(["a", "b"]), 2);
 * ```
 */
export function parseTomlTable(text: string, name: string): TomlTable {
  let program: AST.TOMLProgram;
  try {
    program = parseTOML(text);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    // Not its text: it may quote what should have been a reference to a secret.
    throw new UsageError(`${name}, line ${error.lineNumber}: is no TOML`);
  }
  const lines = new Map<string, number>();
  for (const part of program.body[0].body) {
    if (part.type === "TOMLKeyValue") noteLines(part, [], lines);
    else {
      const place = part.resolvedKey.map(placeOf);
      note(lines, place, part.loc.start.line);
      for (const pair of part.body) noteLines(pair, place, lines);
    }
  }
  return {
    value: getStaticTOMLValue(program) as Record<string, unknown>,
    lineOf: (place) => {
      for (let length = place.length; length > 0; length--) {
        const line = lines.get(keyOf(place.slice(0, length)));
        if (line !== undefined) return line;
      }
      return 1;
    },
  };
}

function noteLines(
  { key, value, loc }: AST.TOMLKeyValue,
  above: readonly string[],
  lines: Map<string, number>,
): void {
  const names = key.keys.map((part) => part.type === "TOMLBare" ? part.name : part.value);
  const place = [...above, ...names];
  note(lines, place, loc.start.line);
  if (value.type !== "TOMLInlineTable") return;
  for (const pair of value.body) noteLines(pair, place, lines);
}

function note(lines: Map<string, number>, place: readonly string[], line: number): void {
  const key = keyOf(place);
  if (!lines.has(key)) lines.set(key, line);
}

/** Tables of an array count from 1, as places do. */
function placeOf(part: string | number): string {
  return typeof part === "number" ? String(part + 1) : part;
}

function keyOf(place: readonly string[]): string {
  return JSON.stringify(place);
}
