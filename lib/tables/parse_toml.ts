import { type AST, ParseError, parseTOML } from "toml-eslint-parser";
import { TomlSyntaxError } from "./toml_syntax_error.ts";
import type { TomlArray, TomlNode, TomlTable } from "./toml_node.ts";

/**
 * The tables of a TOML file, each part with its line.
 *
 * @throws {TomlSyntaxError} if it is none; the message has nothing of the text.
 */
export function parseToml(text: string): TomlTable {
  const root: TomlTable = { kind: "table", line: 1, entries: new Map() };
  for (const part of parseTree(text).body[0].body) {
    if (part.type === "TOMLKeyValue") {
      put(root, part);
      continue;
    }
    const table = tableAt(root, part.resolvedKey, part.loc.start.line);
    for (const pair of part.body) put(table, pair);
  }
  return root;
}

function parseTree(text: string): AST.TOMLProgram {
  try {
    return parseTOML(text);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new TomlSyntaxError(error.lineNumber, lowerFirst(error.message));
  }
}

function put(table: TomlTable, { key, value, loc }: AST.TOMLKeyValue): void {
  const names = key.keys.map((part) => part.type === "TOMLBare" ? part.name : part.value);
  const line = loc.start.line;
  const owner = tableAt(table, names.slice(0, -1), line);
  owner.entries.set(names.at(-1)!, nodeOf(value, line));
}

/** The table that keys lead to; those that are not there are made. Numbers are places in arrays. */
function tableAt(from: TomlTable, keys: readonly (string | number)[], line: number): TomlTable {
  let place: TomlTable | TomlArray = from;
  for (const [index, key] of keys.entries()) {
    const next: TomlNode | undefined = typeof key === "number"
      ? (place as TomlArray).items[key]
      : (place as TomlTable).entries.get(key);
    if (next !== undefined) {
      place = next as TomlTable | TomlArray;
      continue;
    }
    const made: TomlTable | TomlArray = typeof keys[index + 1] === "number"
      ? { kind: "array", line, items: [] }
      : { kind: "table", line, entries: new Map() };
    if (typeof key === "number") (place as TomlArray).items[key] = made;
    else (place as TomlTable).entries.set(key, made);
    place = made;
  }
  return place as TomlTable;
}

function nodeOf(content: AST.TOMLContentNode, line: number): TomlNode {
  switch (content.type) {
    case "TOMLInlineTable": {
      const table: TomlTable = { kind: "table", line, entries: new Map() };
      for (const pair of content.body) put(table, pair);
      return table;
    }
    case "TOMLArray":
      return {
        kind: "array",
        line,
        items: content.elements.map((each) => nodeOf(each, each.loc.start.line)),
      };
    case "TOMLValue": {
      const { value } = content;
      return { kind: "scalar", line, value: value instanceof Date ? undefined : value };
    }
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
