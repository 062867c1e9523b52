import type { OtherUse } from "../../lib/elsewhere/mod.ts";
import type { Repository } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { ALSO_FROM } from "../options/also_from_option.ts";
import { openOthers } from "./open_others.ts";
import type { OpeningContext } from "./repository_opener.ts";

/** How the help of other repositories is told. */
export interface AlsoFromMessages {
  /** Receives the lines; the command's output if absent. */
  readonly log?: ((level: "info" | "warn", line: string) => void) | undefined;
  /** Whether the command goes on for long: then the first use is told when it happens. */
  readonly isLasting?: boolean | undefined;
  /** Limits of connections. */
  readonly limits?: OpeningContext["limits"];
}

/**
 * A repository that is read with the help of those that `--also-from` names; the same one without that
 * option. What was taken from where is told when it is closed, in a line for each.
 */
export async function withAlsoFrom(
  repository: Repository,
  values: CommandValues,
  context: CommandContext,
  messages: AlsoFromMessages,
): Promise<Repository> {
  if (!values.has(ALSO_FROM)) return repository;
  const { limits, isLasting } = messages;
  const log = messages.log ?? ((level, line) => context.output.log(level, line));
  await using opened = new AsyncDisposableStack();
  opened.use(repository);
  const { displayName } = repository;
  const others = opened.use(await openOthers(ALSO_FROM, values, context, repository, limits));
  const { OtherPlaces, withOthers } = await import("../../lib/elsewhere/mod.ts");
  const places = opened.use(
    new OtherPlaces(others.repositories, {
      log,
      begins: (name) => {
        if (!isLasting) return;
        log("info", `something is missing or damaged in ${displayName}, and read from ${name}`);
      },
    }),
  );
  opened.defer(() => {
    for (const use of places.uses) {
      const text = describeUse(use);
      if (text !== undefined) log("info", `${text} missing or damaged in ${displayName}`);
    }
  });
  const held = opened.move();
  return withOthers(repository, places, () => held.disposeAsync());
}

/** @returns undefined if nothing was taken. */
function describeUse({ name, chunks, files }: OtherUse): string | undefined {
  const parts = [...count(chunks, "chunk"), ...count(files, "file")];
  if (parts.length === 0) return undefined;
  const verb = chunks + files === 1 ? "was" : "were";
  return `${parts.join(" and ")} ${verb} read from ${name}:`;
}

function count(number: number, noun: string): string[] {
  if (number === 0) return [];
  return [`${number} ${noun}${number === 1 ? "" : "s"}`];
}
