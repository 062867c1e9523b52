import type { Command, Parameter } from "../command.ts";
import type { Argument } from "./argument.ts";
import { parseBoolean } from "./parse_boolean.ts";
import type { ParameterProblems } from "./parameter_problems.ts";

/** An option of the command line with its value, not yet checked. */
export interface SplitOption {
  readonly name: string;
  /** `true` for a boolean that stood alone. */
  readonly value: Argument | true;
}

/** The words of a command line, told apart. */
export interface SplitWords {
  readonly options: readonly SplitOption[];
  readonly positionals: readonly Argument[];
}

/** Whether a word can be a value or a positional. */
export function isPlainWord(word: string): boolean {
  return word.length < 2 || !word.startsWith("-");
}

/**
 * Tells options, their values and positionals apart (spec: cli.md §1.3). One dash and two are the
 * same; unknown options take a value like strings do.
 *
 * @param words What follows the command's name.
 * @param problems Receives values that are missing, in line order.
 */
export function splitWords(
  command: Pick<Command, "options" | "positionals">,
  words: readonly Argument[],
  problems: ParameterProblems,
): SplitWords {
  const options: SplitOption[] = [];
  const positionals: Argument[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (isPlainWord(word.text)) {
      positionals.push(word);
      continue;
    }
    if (word.text === "--") {
      positionals.push(...words.slice(index + 1));
      break;
    }
    const dashes = word.text.startsWith("--") ? 2 : 1;
    const equals = word.text.indexOf("=");
    if (equals >= 0) {
      options.push({ name: word.text.slice(dashes, equals), value: valueAfterEquals(word) });
      continue;
    }
    const name = word.text.slice(dashes);
    const next = words[index + 1];
    const isPlainNext = next !== undefined && isPlainWord(next.text);
    const parameter = findParameter(command, name);
    if (parameter?.type.kind === "boolean") {
      if (isPlainNext && parseBoolean(next.text) !== undefined) {
        options.push({ name, value: next });
        index++;
      } else if (parameter.default === true) problems.add(name, "missing boolean value.");
      else options.push({ name, value: true });
    } else if (isPlainNext) {
      options.push({ name, value: next });
      index++;
    } else problems.add(name, "missing parameter value.");
  }
  return { options, positionals };
}

/** The parameter an option's name stands for, positionals included. */
export function findParameter(
  command: Pick<Command, "options" | "positionals">,
  name: string,
): Parameter | undefined {
  return command.options.find((option) => option.name === name) ??
    command.positionals.find((positional) => positional.name === name);
}

function valueAfterEquals(word: Argument): Argument {
  const text = word.text.slice(word.text.indexOf("=") + 1);
  if (word.bytes === undefined) return { text };
  const bytes = word.bytes.subarray(word.bytes.indexOf(0x3d) + 1);
  return { text, bytes };
}
