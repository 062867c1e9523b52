import type { Command } from "../command.ts";
import type { Argument } from "./argument.ts";
import { ArgumentError } from "./argument_error.ts";
import { adviseOnAdditional, adviseOnMissing } from "./argument_advice.ts";
import { checkValue } from "./check_value.ts";
import { type CommandValue, CommandValues } from "./command_values.ts";
import { ParameterProblems } from "./parameter_problems.ts";
import { expectedPositionals } from "./expected_positionals.ts";
import { findParameter, splitWords } from "./split_words.ts";

/**
 * Parses what follows a command's name (spec: cli.md §1.3, §1.4). Problems are reported in three
 * phases, each without the later ones: splitting and missing positionals; values, duplicates and
 * unknown options; superfluous words.
 *
 * @throws {ArgumentError} listing everything wrong in the first phase that failed.
 */
export function parseCommandLine(
  command:
    & Pick<Command, "options" | "positionals" | "lastAloneWith">
    & Partial<Pick<Command, "name">>,
  words: readonly Argument[],
): CommandValues {
  const problems = new ParameterProblems(command.name);
  const split = splitWords(command, words, problems);
  const given: { name: string; value: Argument | true }[] = [...split.options];
  const left = [...split.positionals];
  const positionals = expectedPositionals(command, split.options);
  for (const positional of positionals) {
    const taken = left.splice(0, positional.repeatable ? left.length : 1);
    if (taken.length === 0 && positional.required) {
      problems.add(
        positional.name,
        "missing argument",
        adviseOnMissing({ ...command, positionals }),
      );
    }
    given.push(...taken.map((value) => ({ name: positional.name, value })));
  }
  problems.throwIfAny();

  const values = new Map<string, CommandValue[]>();
  for (const { name, value } of given) {
    const parameter = findParameter(command, name);
    if (parameter === undefined) {
      problems.addUnknown(name);
      continue;
    }
    const earlier = values.get(name);
    if (earlier !== undefined && !parameter.repeatable) {
      problems.add(name, "duplicate parameter.");
      continue;
    }
    const checked = checkValue(parameter.type, value);
    if ("refusal" in checked) problems.add(name, checked.refusal, checked.advice);
    else if (earlier === undefined) values.set(name, [checked.value]);
    else earlier.push(checked.value);
  }
  const names = new Set(given.map((entry) => entry.name));
  for (const option of command.options.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (option.required && !names.has(option.name)) {
      problems.add(option.name, "parameter is missing and it is not optional.");
    }
  }
  problems.throwIfAny();
  if (left.length > 0) {
    const words = left.map((word) => JSON.stringify(word.text));
    throw new ArgumentError(
      `got additional arguments: [${words.join(", ")}]`,
      command.name,
      [adviseOnAdditional({ ...command, positionals })],
    );
  }
  return new CommandValues(values, declaredDefaults(command));
}

function declaredDefaults(
  { options, positionals }: Pick<Command, "options" | "positionals">,
): Map<string, CommandValue> {
  const defaults = new Map<string, CommandValue>();
  for (const { name, default: declared } of [...positionals, ...options]) {
    if (declared === undefined) continue;
    defaults.set(name, typeof declared === "string" ? { text: declared } : declared);
  }
  return defaults;
}
