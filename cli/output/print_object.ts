import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { printTable } from "./print_result.ts";
import { renderTable } from "./table.ts";

/** A member of an object; left out if it has no value. */
export interface ObjectMember {
  readonly name: string;
  readonly value: string | number | undefined;
  /** How tables show it; the value itself if absent. */
  readonly text?: string;
}

/** Prints an object as a table of names and values, or as JSON (spec: cli.md §1.8). */
export function printObject(
  values: CommandValues,
  context: CommandContext,
  members: readonly ObjectMember[],
): void {
  const present = members.filter(({ value }) => value !== undefined);
  printTable(values, context, {
    json: Object.fromEntries(present.map(({ name, value }) => [name, value])),
    text: (style) =>
      renderTable({
        titles: ["Name", "Value"],
        alignments: ["left", "left"],
        rows: present.map(({ name, value, text }) => [name, text ?? String(value)]),
      }, style),
  });
}
