import { SystemError } from "../../errors/mod.ts";

const LOCK_FILE = ".lock";
const LOCK_MODE = 0o600;

/**
 * Runs something while no other process changes the files of a folder.
 *
 * @param change Not to be nested: a second lock of the same process would wait for the first.
 * @throws {SystemError} if the lock file cannot be made.
 */
export async function withFolderLock<T>(folder: string, change: () => Promise<T>): Promise<T> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(`${folder}/${LOCK_FILE}`, {
      create: true,
      write: true,
      mode: LOCK_MODE,
    });
  } catch (cause) {
    throw new SystemError(13, `cannot lock "${folder}": ${(cause as Error).message}`, { cause });
  }
  try {
    await file.lock(true);
    return await change();
  } finally {
    file.close();
  }
}
