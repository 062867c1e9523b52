import type { Command, Parameter, ValueType } from "../command.ts";
import { summary } from "../help/summary.ts";
import { valueNotes } from "../help/value_notes.ts";
import { type Edition, ManualPage } from "./manual_page.ts";
import { pageName } from "./page_name.ts";
import { bold, escapeRoff, italic } from "./roff.ts";
import { addEnvironment, addExamples, addExitStatus, addFiles } from "./shared_sections.ts";

/**
 * The page of one command, complete by itself.
 *
 * @param others Names of other pages to refer to.
 */
export function commandPage(
  command: Command,
  edition: Edition,
  others: readonly string[],
): ManualPage {
  const { name, description, positionals } = command;
  const { program, subject } = edition;
  const page = new ManualPage(pageName(program, name), headline(description), edition);
  page.heading("SYNOPSIS");
  page.synopsis(synopsisOf(command, program));
  page.heading("DESCRIPTION");
  page.paragraph(escapeRoff(description));
  if (positionals.length > 0) {
    page.heading("ARGUMENTS");
    for (const positional of positionals) {
      const type = typeSentence(positional.type);
      page.definition(italic(positional.name), explanation(positional, [type]));
    }
  }
  const options = command.options.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (options.length > 0) {
    page.heading("OPTIONS");
    for (const option of [...options.filter(isRequired), ...options.filter(isOptional)]) {
      page.definition(`${bold(`--${option.name}`)} ${placeholder(option)}`, optionText(option));
    }
  }
  addExamples(page, subject.examples.get(name) ?? [], program);
  addEnvironment(page, subject.environment.filter(({ concerns }) => concerns?.(command) ?? true));
  addFiles(page, subject.files.filter(({ concerns }) => concerns(command)));
  addExitStatus(page, subject.exitCodes);
  page.heading("SEE ALSO");
  page.references([program, ...others]);
  return page;
}

/** A description as the heading of a page has it: one sentence in lower case, without its stop. */
export function headline(description: string): string {
  const sentence = summary(description).replace(/\.$/, "");
  return sentence[0]!.toLowerCase() + sentence.slice(1);
}

function isRequired(option: Parameter): boolean {
  return option.required ?? false;
}

function isOptional(option: Parameter): boolean {
  return !isRequired(option);
}

/**
 * The command line with all that has to be in it, in pieces.
 *
 * @param program Empty to leave the program's name out.
 */
export function synopsisOf(command: Command, program: string): string[] {
  return [
    bold(program === "" ? command.name : `${program} ${command.name}`),
    ...command.positionals.map(({ name, required, repeatable }) => {
      const shown = repeatable ? `${italic(name)} ...` : italic(name);
      return required ? shown : `[${shown}]`;
    }),
    ...command.options.filter(isRequired).map((option) =>
      `${bold(`--${option.name}`)} ${placeholder(option)}`
    ),
    ...(command.options.some(isOptional) ? [`[${italic("options")}]`] : []),
  ];
}

/** Placeholder of an option's value, escaped; in brackets if it may be left out. */
function placeholder({ type, default: declared }: Parameter): string {
  switch (type.kind) {
    case "enum":
      return italic(type.values.join("|"));
    case "string":
      return italic(type.format?.name ?? "string");
    case "integer":
      return italic("integer");
    case "boolean":
      return declared === true ? italic("yes|no") : `[${italic("yes|no")}]`;
  }
}

/** Description, limits and default of an option, whose placeholder shows the type. */
function optionText(option: Parameter): string {
  const isNumber = option.type.kind === "integer";
  return explanation(option, isNumber ? [typeSentence(option.type)] : []);
}

function explanation(parameter: Parameter, notes: readonly string[]): string {
  const sentences = [parameter.description, ...notes, ...valueNotes(parameter)];
  if (parameter.required) sentences.push("Required.");
  if (parameter.default !== undefined) sentences.push(`Default: ${shownDefault(parameter)}.`);
  return escapeRoff(sentences.join(" "));
}

function shownDefault({ default: declared }: Parameter): string {
  return typeof declared === "boolean" ? (declared ? "yes" : "no") : String(declared);
}

function typeSentence(type: ValueType): string {
  switch (type.kind) {
    case "string":
      return "A string.";
    case "boolean":
      return "A boolean: yes or no.";
    case "enum":
      return `One of ${type.values.join(", ")}.`;
    case "integer": {
      const { minimum, maximum } = type;
      if (minimum === undefined && maximum === undefined) return "An integer.";
      if (maximum === undefined) return `An integer, at least ${minimum}.`;
      if (minimum === undefined) return `An integer, at most ${maximum}.`;
      return `An integer from ${minimum} to ${maximum}.`;
    }
  }
}
