import { Errno, errnoText } from "../../ffi/errno.ts";
import {
  closeFile,
  type FileStat,
  OpenFlag,
  openInRootLater,
  statFile,
  statPath,
} from "../../ffi/posix_files.ts";
import { listRawFolder } from "../../ffi/posix_folder.ts";
import { compareBytes } from "../bytes/mod.ts";
import { Turns } from "../chunking/mod.ts";
import { NotFoundError, SystemError } from "../errors/mod.ts";
import { fileEntry, type GuestEntry } from "./guest_entry.ts";
import type { PlaceInImage } from "./guest_images.ts";
import { joinNames } from "./guest_path.ts";

/** Opens a name without opening what it stands for. */
const O_PATH = 0o10000000;
const DOT = Uint8Array.of(0x2e);

/** Something in a file system of an image that is open, without its content. */
export interface OpenPlace extends Disposable {
  readonly fd: number;
  readonly stat: FileStat;
}

/**
 * Opens a place; symbolic links on the way to it stay within the file system.
 *
 * @param follows Whether one at its end is followed, too.
 * @param flags Instead of those that open it without its content.
 * @throws {NotFoundError} if there is nothing, {SystemError} if it cannot be opened.
 */
export async function openPlace(
  { root, names, path }: PlaceInImage,
  follows: boolean,
  flags: number = O_PATH,
): Promise<OpenPlace> {
  const below = names.length === 0 ? DOT : joinNames(names);
  const fd = await openInRootLater(root, below, flags | (follows ? 0 : OpenFlag.NOFOLLOW));
  if (fd < 0) throw failure(-fd, `cannot open ${path.shown}`);
  const stat = statFile(fd);
  if (typeof stat === "number") {
    closeFile(fd);
    throw failure(-stat, `cannot look at ${path.shown}`);
  }
  return { fd, stat, [Symbol.dispose]: () => closeFile(fd) };
}

/**
 * The entries of a directory, sorted by the bytes of their names; of anything else, that alone.
 *
 * @param skipped Told of entries that cannot be looked at, which are left out.
 * @throws {NotFoundError} if there is nothing, {SystemError} if it cannot be read.
 */
export async function listPlace(
  place: PlaceInImage,
  skipped: (message: string) => void,
): Promise<GuestEntry[]> {
  using open = await openPlace(place, false);
  const { path } = place;
  if (!open.stat.isDirectory) {
    return [fileEntry(path.bytes, path.components.at(-1)!, open.stat)];
  }
  const names = listRawFolder(DOT, open.fd);
  if (typeof names === "number") throw failure(-names, `cannot list ${path.shown}`);
  const entries: GuestEntry[] = [];
  const turns = new Turns();
  for (const { name } of names.sort((a, b) => compareBytes(a.name, b.name))) {
    await turns.give();
    const stat = statPath(name as Uint8Array<ArrayBuffer>, open.fd);
    const full = path.child(name);
    if (typeof stat !== "number") entries.push(fileEntry(full, name, stat));
    else skipped(failure(-stat, `cannot look at ${new TextDecoder().decode(full)}`).message);
  }
  return entries;
}

function failure(errno: number, what: string): NotFoundError | SystemError {
  const message = `${what}: ${errnoText(errno)}`;
  return errno === Errno.ENOENT ? new NotFoundError(message) : new SystemError(errno, message);
}
