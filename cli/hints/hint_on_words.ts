import type { HintContext } from "./hint_context.ts";

/** Words of the command line that name nothing, or do not fit. */
export const hintOnWords = {
  "no-command": (
    { group, nearest }: { readonly group: string; readonly nearest: readonly string[] },
    { program }: HintContext,
  ): string => {
    const help = `"${program} help${group === "" ? "" : ` ${group}`}" lists what there is`;
    if (nearest.length === 0) return help;
    return `did you mean ${nearest.map((name) => `"${program} ${name}"`).join(" or ")}? ${help}`;
  },

  "bad-arguments": (
    { command, advice }: { readonly command: string; readonly advice: readonly string[] },
    { program }: HintContext,
  ): string => [...advice, `"${program} help ${command}" explains it`].join("; "),

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
