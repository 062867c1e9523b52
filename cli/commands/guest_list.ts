import type { GuestEntry } from "../../lib/guest/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { BASE64_OPTION, GUEST_OPTIONS, GUEST_PATH_POSITIONAL } from "../guest/guest_options.ts";
import { guestPath, openGuest } from "../guest/open_guest.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { printTable } from "../output/print_result.ts";
import { shownName } from "../output/shown_name.ts";
import { renderList } from "../output/table.ts";

/** `guest list`: ours, after the `list` of proxmox-file-restore (spec: cli.md §7.2). */
export const command: CommandDefinition = {
  description: "List a directory in an image that a guest serves, or the volumes of the image.",
  positionals: [GUEST_PATH_POSITIONAL],
  options: [...GUEST_OPTIONS, BASE64_OPTION, OUTPUT_FORMAT_OPTION],
  output: "table",
  run: list,
};

async function list(values: CommandValues, context: CommandContext): Promise<void> {
  const guest = await openGuest(values, true);
  const entries = await guest.list(guestPath(values));
  printTable(values, context, {
    json: entries,
    text: (style) =>
      renderList<GuestEntry>(
        [
          { title: "type", cell: ({ type }) => type },
          { title: "name", cell: ({ text }) => shownName(new TextEncoder().encode(text)) },
          { title: "last modified", align: "right", cell: ({ mtime }) => `${mtime ?? ""}` },
          { title: "size", align: "right", cell: ({ size }) => `${size ?? ""}` },
        ],
        entries.toSorted(compareEntries),
        style,
      ),
  });
}

function compareEntries(a: GuestEntry, b: GuestEntry): number {
  const [left, right] = [a, b].map(({ type, text }) => `${type}${text}`) as [string, string];
  return left < right ? -1 : left > right ? 1 : 0;
}
