import { compareBytes, concatBytes } from "../../lib/bytes/mod.ts";
import { listLocalFolder } from "../../lib/fs/mod.ts";
import type { ArchiveShell } from "../../lib/shell/mod.ts";
import type { CommandTable } from "../arguments/find_command.ts";
import { membersOf } from "../arguments/find_command.ts";
import { argumentBytes } from "../arguments/argument.ts";
import { findPosition, type Position } from "../completion/find_position.ts";
import { quoteStyleOf, quoteWord } from "./quote_word.ts";
import { splitLine } from "./split_line.ts";

/** Words that the one before the cursor may become. */
export interface LineCompletion {
  /** Whole words as they have to be typed; one alone comes with what follows it. */
  readonly words: readonly string[];
  /** The word as it stands in the line, which they replace. */
  readonly typed: string;
}

interface Candidate {
  readonly value: Uint8Array;
  /** More will follow in the same word. */
  readonly isDirectory: boolean;
}

const SLASH = 0x2f;
const DASH = 0x2d;
const HERE = Uint8Array.of(0x2e, SLASH);
const SEPARATOR = Uint8Array.of(SLASH);
const encoder = new TextEncoder();

/**
 * Completes a line up to the cursor: commands, options, paths in the archive, and local files.
 *
 * @param line Text up to the cursor.
 */
export async function completeLine(
  line: string,
  table: CommandTable,
  shell: ArchiveShell,
): Promise<LineCompletion> {
  const bytes = encoder.encode(line);
  const { words, current, currentAt } = splitLine(bytes);
  const typed = new TextDecoder().decode(bytes.subarray(currentAt));
  const position = await findPosition(table, {
    words: words.map(({ text }) => text),
    current: current?.text ?? "",
  });
  const value = current === undefined ? new Uint8Array() : argumentBytes(current);
  const found = await candidatesAt(position, value, { table, shell });
  return { words: quoted(found, typed), typed };
}

function quoted(found: readonly Candidate[], typed: string): string[] {
  const style = quoteStyleOf(typed);
  const [only, ...others] = found;
  if (only === undefined) return [];
  const isEnd = others.length === 0 && !only.isDirectory;
  return found.map(({ value }) => quoteWord(value, style, isEnd) + (isEnd ? " " : ""));
}

async function candidatesAt(
  position: Position,
  typed: Uint8Array,
  { table, shell }: { readonly table: CommandTable; readonly shell: ArchiveShell },
): Promise<Candidate[]> {
  switch (position.kind) {
    case "command":
      return words(membersOf(table.commands.map(({ name }) => name), position.path), typed);
    case "option":
      return words(position.options.map(({ name }) => `--${name}`), typed);
    case "value": {
      const lead = typed.subarray(0, encoder.encode(position.lead).byteLength);
      const values = await valuesFor(position, typed.subarray(lead.byteLength), shell);
      return values.map((each) => ({ ...each, value: concatBytes([lead, each.value]) }));
    }
    case "nothing":
      return [];
  }
}

function words(texts: readonly string[], typed: Uint8Array): Candidate[] {
  return texts.map((text) => ({ value: encoder.encode(text), isDirectory: false }))
    .filter(({ value }) => beginsWith(value, typed));
}

async function valuesFor(
  { parameter }: Extract<Position, { kind: "value" }>,
  typed: Uint8Array,
  shell: ArchiveShell,
): Promise<Candidate[]> {
  switch (parameter.completion) {
    case "archive-path": {
      const found = await shell.candidates(typed);
      return found.map(({ path, isDirectory }) => ({ value: path, isDirectory })).map(asPath);
    }
    case "file-name":
      return localCandidates(typed).map(asPath);
    default:
      return [];
  }
}

function localCandidates(typed: Uint8Array): Candidate[] {
  const nameAt = typed.lastIndexOf(SLASH) + 1;
  const [folder, start] = [typed.slice(0, nameAt), typed.subarray(nameAt)];
  return listLocalFolder(folder).filter(({ name }) => beginsWith(name, start))
    .sort((a, b) => compareBytes(a.name, b.name))
    .map(({ name, isDirectory }) => ({ value: concatBytes([folder, name]), isDirectory }));
}

/** A path that is no option, with a slash behind a directory. */
function asPath({ value, isDirectory }: Candidate): Candidate {
  const parts = [value[0] === DASH ? HERE : new Uint8Array(), value];
  return { value: concatBytes(isDirectory ? [...parts, SEPARATOR] : parts), isDirectory };
}

function beginsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return compareBytes(bytes.subarray(0, start.byteLength), start) === 0;
}
