import { type CommandTable, membersOf } from "../arguments/find_command.ts";
import type { CommandContext } from "../command_context.ts";
import { groupDescription } from "../help/group_description.ts";
import { summary } from "../help/summary.ts";
import { selectNamespace } from "../repository/select_namespace.ts";
import type { Candidate, Offer } from "./candidate.ts";
import { findPosition, type Position } from "./find_position.ts";
import type { UnfinishedLine } from "./split_unfinished.ts";
import { fileNames, givenValues, valueCandidates } from "./value_candidates.ts";

const NOTHING: Offer = { candidates: [] };

/** Commands that work in the root namespace whatever the variable says (spec: cli.md §2.3). */
const WITHOUT_NAMESPACE_VARIABLE: ReadonlySet<string> = new Set(["group forget", "prune"]);

/**
 * Offer of our completion scripts for the last word of a line.
 *
 * @param line Without the program's name.
 * @throws {PbsError} if a repository that has to be asked cannot be.
 */
export async function offerForLine(
  table: CommandTable,
  line: UnfinishedLine,
  context: CommandContext,
): Promise<Offer> {
  const position = await findPosition(table, line);
  switch (position.kind) {
    case "command":
      return offerStartingWith(line.current, await commandNames(table, position.path));
    case "option":
      return offerStartingWith(
        line.current,
        position.options.map(({ name, description }) => ({
          text: `--${name}`,
          description: summary(description),
        })),
      );
    case "value":
      return await offerValue(position, line.current, context);
    case "nothing":
      return NOTHING;
  }
}

async function commandNames({ commands }: CommandTable, path: string): Promise<Candidate[]> {
  const words = membersOf(commands.map(({ name }) => name), path);
  return await Promise.all(words.map(async (word) => {
    const name = path === "" ? word : `${path} ${word}`;
    const command = commands.find((candidate) => candidate.name === name);
    const description = command === undefined
      ? groupDescription(name)
      : summary((await command.load()).description);
    return { text: word, description };
  }));
}

async function offerValue(
  { command, parameter, given, lead }: Extract<Position, { kind: "value" }>,
  current: string,
  context: CommandContext,
): Promise<Offer> {
  const prefix = current.slice(lead.length);
  const isPath = parameter.completion === "file-name" ||
    (parameter.completion === "repository" && prefix.startsWith("~"));
  if (isPath && lead === "") return { candidates: [], isPath };
  const request = { parameter, given, prefix, namespace: namespaceOf() };
  const candidates = [...await valueCandidates(request, context)];
  if (parameter.completion === "repository" && prefix.includes("/")) {
    const folders = fileNames(prefix).filter((name) => name.endsWith("/"));
    const known = new Set(candidates.map(({ text }) => `${text}/`));
    candidates.push(...folders.filter((text) => !known.has(text)).map((text) => ({ text })));
  }
  const { candidates: values } = offerStartingWith(prefix, candidates);
  return { candidates: values.map((value) => ({ ...value, text: lead + value.text })) };

  function namespaceOf(): string {
    const variables = WITHOUT_NAMESPACE_VARIABLE.has(command.name)
      ? undefined
      : context.environment;
    return selectNamespace(givenValues(given), variables);
  }
}

/** The root namespace is an empty word, which no shell can offer. */
function offerStartingWith(prefix: string, candidates: readonly Candidate[]): Offer {
  return {
    candidates: candidates.filter(({ text }) => text !== "" && text.startsWith(prefix)),
  };
}
