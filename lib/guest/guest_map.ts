import { CorruptDataError, SystemError } from "../errors/mod.ts";

/** A map is small: a line for each virtual machine. */
const MAX_MAP_BYTES = 4 * 1024 * 1024;

/** A virtual machine that the official program has started (spec: protocol.md §8.4). */
export interface KnownGuest {
  readonly name: string;
  readonly pid: number;
  /** Context id for vsock. */
  readonly cid: number;
  readonly ticket: string;
}

/** The file in which the official program keeps the machines that it has started for this user. */
export function guestMapPath(): string {
  return `/run/proxmox-backup/${Deno.uid() ?? 0}/restore-vm-map.json`;
}

/**
 * The virtual machines of a map.
 *
 * @returns None if there is no such file.
 * @throws {CorruptDataError} if it is no map.
 * @throws {SystemError} if this user may not read it.
 */
export async function readGuestMap(path: string): Promise<KnownGuest[]> {
  let text: string;
  try {
    const { size } = await Deno.stat(path);
    if (size > MAX_MAP_BYTES) throw new CorruptDataError(`'${path}' is too large for a map`);
    text = await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return [];
    if (!(cause instanceof Deno.errors.PermissionDenied)) throw cause;
    throw new SystemError(13, `cannot read '${path}': it is another user's`, { cause });
  }
  return parseGuestMap(text, path);
}

/**
 * Reads a map of virtual machines.
 *
 * @param name For messages.
 * @throws {CorruptDataError} if it is none.
 */
export function parseGuestMap(text: string, name: string): KnownGuest[] {
  if (text.trim() === "") return [];
  let map: unknown;
  try {
    map = JSON.parse(text);
  } catch (cause) {
    throw new CorruptDataError(`'${name}' is not JSON`, { cause });
  }
  if (typeof map !== "object" || map === null || Array.isArray(map)) {
    throw new CorruptDataError(`'${name}' is no map of virtual machines`);
  }
  return Object.entries(map).map(([guest, state]) => {
    const { pid, cid, ticket } = (state ?? {}) as Record<string, unknown>;
    const isWhole = Number.isSafeInteger(pid) && Number.isSafeInteger(cid);
    if (isWhole && typeof ticket === "string") {
      return { name: guest, pid: pid as number, cid: cid as number, ticket };
    }
    throw new CorruptDataError(`'${name}' has a malformed entry '${guest}'`);
  });
}
