import type { GuestClient } from "../../lib/guest/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { readTicket } from "./read_ticket.ts";

/**
 * The client of the guest that the options name.
 *
 * @param needsTicket Whether it is of no use without a ticket.
 * @throws {UsageError} if they name none, or no ticket is to be had.
 */
export async function openGuest(values: CommandValues, needsTicket: boolean): Promise<GuestClient> {
  const cid = values.integer("cid");
  const socket = values.text("socket");
  if (cid === undefined && socket === undefined) {
    throw new UsageError("no guest is named: use --cid ID, or --socket PATH");
  }
  if (cid !== undefined && socket !== undefined) {
    throw new UsageError("--cid and --socket name two guests, one is needed");
  }
  const file = values.text("ticket-file");
  const { connectUnix, connectVsock } = await import("../../lib/duplex/mod.ts");
  const { GuestClient, readGuestMap, guestMapPath } = await import("../../lib/guest/mod.ts");
  let ticket = file === undefined ? undefined : readTicket(file);
  if (ticket === undefined && cid !== undefined) {
    const guests = await readGuestMap(guestMapPath());
    ticket = guests.find((guest) => guest.cid === cid)?.ticket;
  }
  if (ticket === undefined && needsTicket) {
    throw new UsageError("the guest's ticket is missing: use --ticket-file FILE");
  }
  const port = values.requiredInteger("port");
  return new GuestClient({
    connect: () => socket === undefined ? connectVsock({ cid: cid!, port }) : connectUnix(socket),
    ticket,
  });
}

/** The client of a guest that the official program has started. */
export async function openKnownGuest(
  { cid, ticket }: { readonly cid: number; readonly ticket: string },
): Promise<GuestClient> {
  const { connectVsock } = await import("../../lib/duplex/mod.ts");
  const { GUEST_PORT, GuestClient } = await import("../../lib/guest/mod.ts");
  return new GuestClient({ connect: () => connectVsock({ cid, port: GUEST_PORT }), ticket });
}

/** Bytes of the path that a command was given. @throws {UsageError} if it is no Base64. */
export function guestPath(values: CommandValues): Uint8Array {
  const path = values.bytes("path")!;
  if (!values.flag("base64")) return path;
  const text = new TextDecoder().decode(path);
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new UsageError(`'${text}' is no Base64`);
  }
}
