import { SystemError } from "../errors/mod.ts";

const FOLDER_MODE = 0o700;
const PRIVATE_MODE = 0o600;
const EIO = 5;

/**
 * Runs a change of a file while no other process changes it; makes its folder. The lock is a file
 * beside it, which stays.
 *
 * @param change Gets the text, undefined if there is no file. Not to be nested.
 * @param folderMode Permissions of a folder that is made; 0700 if absent.
 * @throws {SystemError} if the file cannot be locked or read.
 */
export async function withFileLock<T>(
  path: string,
  change: (text: string | undefined) => Promise<T>,
  folderMode: number = FOLDER_MODE,
): Promise<T> {
  let lock: Deno.FsFile;
  try {
    await Deno.mkdir(folderOf(path), { recursive: true, mode: folderMode });
    lock = await Deno.open(`${path}.lock`, { create: true, write: true, mode: PRIVATE_MODE });
  } catch (cause) {
    throw new SystemError(EIO, `cannot lock "${path}": ${(cause as Error).message}`, { cause });
  }
  try {
    await lock.lock(true);
    return await change(await readIfThere(path));
  } finally {
    lock.close();
  }
}

/**
 * Replaces a file in one step, so that nobody ever sees half of it.
 *
 * @param mode Permissions; 0600 if absent.
 * @throws {SystemError} if it cannot be written; the old one is still there then.
 */
export async function replaceFile(
  path: string,
  text: string,
  mode: number = PRIVATE_MODE,
): Promise<void> {
  // Collectors of a folder's files take none that begins with a dot.
  const name = path.slice(path.lastIndexOf("/") + 1);
  const temporary = `${folderOf(path)}/.${name}.${crypto.randomUUID().slice(0, 8)}`;
  try {
    using file = await Deno.open(temporary, { write: true, createNew: true, mode });
    const bytes = new TextEncoder().encode(text);
    for (let written = 0; written < bytes.length;) {
      written += await file.write(bytes.subarray(written));
    }
    await Deno.chmod(temporary, mode);
    await file.sync();
    await Deno.rename(temporary, path);
  } catch (cause) {
    await Deno.remove(temporary).catch(() => {});
    throw new SystemError(EIO, `cannot write "${path}": ${(cause as Error).message}`, { cause });
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new SystemError(EIO, `cannot read "${path}": ${(cause as Error).message}`, { cause });
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
