import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { REPOSITORY_OPTIONS } from "../options/repository_options.ts";
import { printTable } from "../output/print_result.ts";
import { renderTable } from "../output/table.ts";
import { openRepository } from "../repository/open_repository.ts";

/** `status` (spec: cli.md §4.8). */
export const command: CommandDefinition = {
  description: "Show how much space the datastore uses and has left.",
  positionals: [],
  options: [...REPOSITORY_OPTIONS, OUTPUT_FORMAT_OPTION],
  output: "table",
  run: showStatus,
};

/** `status`: the space of the datastore (spec: cli.md §4.8). */
async function showStatus(values: CommandValues, context: CommandContext): Promise<void> {
  await using repository = await openRepository(values, context);
  const { total, used, avail, backendType } = await repository.status();
  printTable(values, context, {
    json: { total, used, avail, "backend-type": backendType },
    text: (style) => {
      if (total === 0) {
        context.output.errorLine("unable to format result: the size of the datastore is unknown");
        return "";
      }
      const row = (name: string, bytes: number): string[] => {
        const share = Math.floor((bytes + Math.floor(total / 200)) * 100 / total);
        return [name, `${bytes} ${`(${share} %)`.padStart(8)}`];
      };
      return renderTable({
        alignments: ["left", "right"],
        rows: [row("total", total), row("used", used), row("avail", avail)],
      }, style);
    },
  });
}
