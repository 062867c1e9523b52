import { command, ours } from "./command_table.ts";
import type { RunnableProgram } from "./runnable_program.ts";

/** The commands of `pxar`, sorted by name (spec: cli.md §7.1). */
const PXAR_COMMAND_TABLE: RunnableProgram["table"] = {
  commands: [
    ours("completion"),
    command("create", "pxar_commands"),
    command("extract", "pxar_commands"),
    command("help"),
    command("list", "pxar_commands"),
    ours("man"),
    command("mount", "pxar_commands"),
  ],
  aliases: new Map(),
  absent: [],
};

/** The companion for archives that are plain files (spec: cli.md §7.1). */
export const PXAR: RunnableProgram = {
  name: "pxar",
  description:
    "Make, extract, list and mount file archives of the backup client that are plain files.",
  abbreviation: "ex a.pxar",
  logVariable: "PXAR_LOG",
  table: PXAR_COMMAND_TABLE,
  loadManual: async () => (await import("./manual/subjects/pxar.ts")).PXAR_SUBJECT,
};
