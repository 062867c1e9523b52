import { describeError } from "../../lib/errors/mod.ts";
import type { KnownGuest } from "../../lib/guest/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { GUEST_OPTIONS } from "../guest/guest_options.ts";
import { openGuest, openKnownGuest } from "../guest/open_guest.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { formatDuration } from "../output/format_duration.ts";
import { printTable } from "../output/print_result.ts";

/** `guest status`: ours, after the `status` of proxmox-file-restore (spec: cli.md §7.2). */
export const command: CommandDefinition = {
  description: "Show how long a guest has been running, and how long it stays if nobody uses it. " +
    "If none is named: of all that proxmox-file-restore has started for this user.",
  positionals: [],
  options: [...GUEST_OPTIONS, OUTPUT_FORMAT_OPTION],
  output: "table",
  run: show,
};

async function show(values: CommandValues, context: CommandContext): Promise<void> {
  if (!values.has("cid") && !values.has("socket")) return await showAll(values, context);
  const guest = await openGuest(values, false);
  const { uptime, timeout } = await guest.status(true);
  printTable(values, context, {
    json: { uptime, timeout },
    text: () =>
      `running for ${formatDuration(uptime)}, ends after ${formatDuration(timeout)} without use\n`,
  });
}

async function showAll(values: CommandValues, context: CommandContext): Promise<void> {
  const { guestMapPath, readGuestMap } = await import("../../lib/guest/mod.ts");
  const guests = await readGuestMap(guestMapPath());
  const states = await Promise.all(guests.map(async (guest) => [guest.name, await probe(guest)]));
  const ids = Object.fromEntries(states);
  printTable(values, context, {
    json: { Qemu: guests.length === 0 ? {} : { ids } },
    text: () => {
      if (guests.length === 0) return "Qemu: no mappings\n";
      const lines = states.map(([name, state]) => `${name} \t(${JSON.stringify(state)})\n`);
      return `Qemu:\n${lines.join("")}`;
    },
  });
}

async function probe({ pid, cid, ticket }: KnownGuest) {
  try {
    const guest = await openKnownGuest({ cid, ticket });
    return { pid, cid, ...await guest.status(true) };
  } catch (error) {
    return { pid, cid, error: describeError(error).join(": ") };
  }
}
