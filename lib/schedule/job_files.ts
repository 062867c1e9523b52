import { ConflictError, SystemError } from "../errors/mod.ts";
import { isOurs } from "./job_mark.ts";

/** A file of a job. */
export interface JobFile {
  readonly path: string;
  readonly text: string;
}

const MODE = 0o644;
const EIO = 5;

/**
 * Writes the files of a job, each in one step and only where something changes.
 *
 * @returns Paths of those that were not there, or were another.
 * @throws {ConflictError} if a file of somebody else is in the way; nothing was written then.
 */
export async function writeJobFiles(files: readonly JobFile[], name: string): Promise<string[]> {
  const changed: JobFile[] = [];
  for (const file of files) {
    const text = await readIfThere(file.path);
    if (text !== undefined && !isOurs(text, name)) throw foreign(file.path, name);
    if (text !== file.text) changed.push(file);
  }
  for (const file of changed) await writeFile(file);
  return changed.map(({ path }) => path);
}

/**
 * Removes the files of a job that are there.
 *
 * @returns Their paths.
 * @throws {ConflictError} if one is somebody else's; nothing was removed then.
 */
export async function removeJobFiles(paths: readonly string[], name: string): Promise<string[]> {
  const present: string[] = [];
  for (const path of paths) {
    const text = await readIfThere(path);
    if (text === undefined) continue;
    if (!isOurs(text, name)) throw foreign(path, name);
    present.push(path);
  }
  for (const path of present) {
    await Deno.remove(path).catch((cause) => {
      throw new SystemError(EIO, `cannot remove "${path}": ${cause.message}`, { cause });
    });
  }
  return present;
}

/** The text of a file; undefined if there is none. @throws {SystemError} if it cannot be read. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new SystemError(EIO, `cannot read "${path}": ${(cause as Error).message}`, { cause });
  }
}

function foreign(path: string, name: string): ConflictError {
  return new ConflictError(
    `"${path}" was not written by "schedule install ${name}": move it away, or take another name`,
  );
}

async function writeFile({ path, text }: JobFile): Promise<void> {
  const folder = path.slice(0, path.lastIndexOf("/"));
  // Neither systemd nor cron takes a name that begins with a dot.
  const temporary = `${folder}/.${path.slice(folder.length + 1)}.${crypto.randomUUID()}`;
  try {
    await Deno.mkdir(folder, { recursive: true });
    using file = await Deno.open(temporary, { write: true, createNew: true, mode: MODE });
    const bytes = new TextEncoder().encode(text);
    for (let written = 0; written < bytes.length;) {
      written += await file.write(bytes.subarray(written));
    }
    await file.sync();
    // The umask may have taken bits away.
    await Deno.chmod(temporary, MODE);
    await Deno.rename(temporary, path);
  } catch (cause) {
    await Deno.remove(temporary).catch(() => {});
    throw new SystemError(EIO, `cannot write "${path}": ${(cause as Error).message}`, { cause });
  }
}
