import { ConnectionError, NotFoundError, UsageError } from "../../lib/errors/mod.ts";
import type { GuestClient } from "../../lib/guest/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { GUEST_OPTIONS } from "../guest/guest_options.ts";
import { openGuest, openKnownGuest } from "../guest/open_guest.ts";

/** `guest stop`: ours, after the `stop` of proxmox-file-restore (spec: cli.md §7.2). */
export const command: CommandDefinition = {
  description: "Stop a guest.",
  positionals: [
    {
      name: "name",
      type: { kind: "string" },
      description: "Name of one that proxmox-file-restore has started, as status shows it.",
    },
  ],
  options: GUEST_OPTIONS,
  output: "none",
  run: stop,
};

async function stop(values: CommandValues): Promise<void> {
  const name = values.text("name");
  const guest = name === undefined ? await openGuest(values, true) : await known(name, values);
  // Whoever cannot be reached is told apart from who ends before it has answered.
  await guest.status(true);
  try {
    await guest.stop();
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
  }
}

async function known(name: string, values: CommandValues): Promise<GuestClient> {
  for (const option of ["cid", "socket", "ticket-file"]) {
    if (values.has(option)) throw new UsageError(`--${option} and a name are two guests`);
  }
  const { guestMapPath, readGuestMap } = await import("../../lib/guest/mod.ts");
  const path = guestMapPath();
  const found = (await readGuestMap(path)).find((guest) => guest.name === name);
  if (found === undefined) throw new NotFoundError(`'${path}' knows no guest '${name}'`);
  return await openKnownGuest(found);
}
