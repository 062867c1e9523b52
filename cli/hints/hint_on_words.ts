import type { HintContext } from "./hint_context.ts";
import { nearestWords } from "./nearest_words.ts";

/** Words of the command line that name nothing, or do not fit. */
export const hintOnWords = {
  "no-command": (
    { group, word = "", words }: {
      readonly group: string;
      readonly word?: string | undefined;
      readonly words: readonly string[];
    },
    { program, commandNames }: HintContext,
  ): string => {
    const near = nearestWords(word, words).map((each) => group === "" ? each : `${group} ${each}`);
    // `verify` is a command, only not at the top.
    const elsewhere = commandNames.filter((name) => name.split(" ").at(-1) === word);
    const meant = [...new Set([...near, ...elsewhere])].map((name) => `"${program} ${name}"`);
    const help = `"${program} help${group === "" ? "" : ` ${group}`}" lists what there is`;
    return meant.length === 0 ? help : `did you mean ${meant.join(" or ")}? ${help}`;
  },

  "bad-arguments": (
    { command: name, advice, unknownOptions }: {
      readonly command: string;
      readonly advice: readonly string[];
      readonly unknownOptions: readonly string[];
    },
    { program, command }: HintContext,
  ): string => {
    const options = command?.options.map((option) => option.name) ?? [];
    const meant = unknownOptions.flatMap((each) => nearestWords(each, options).slice(0, 1));
    const asked = [...new Set(meant)].map((each) => `did you mean --${each}?`);
    return [...asked, ...advice, `"${program} help ${name}" explains it`].join("; ")
      .replaceAll("?;", "?");
  },

  "malformed-snapshot": (
    { text }: { readonly text: string },
    { program, command }: HintContext,
  ): string => {
    const form = "a snapshot is written type/id/time, e.g. host/web1/2026-03-05T01:00:00Z, " +
      "a group type/id";
    const list = `"${program} snapshot list" shows them`;
    const looksLikePath = /^[./~]/.test(text) || /\.(?:pxar|img|conf|log)$/.test(text);
    if (command?.name !== "restore" || !looksLikePath) return `${form}; ${list}`;
    return `the order is: restore <snapshot> <archive-name> <target>; ${form}; ${list}`;
  },
};
