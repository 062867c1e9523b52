import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";

/** Prints something by its properties, a line each. */
export function printProperties(
  values: CommandValues,
  context: CommandContext,
  properties: Readonly<Record<string, unknown>>,
): void {
  const rows = Object.entries(properties).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((each) => ({ name, value: String(each) }))
  );
  printTable(values, context, {
    json: properties,
    text: (style) =>
      renderList(
        [
          { title: "property", cell: ({ name }) => name },
          { title: "value", cell: ({ value }) => value },
        ],
        rows,
        style,
      ),
  });
}
