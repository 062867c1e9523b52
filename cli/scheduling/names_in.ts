import { SystemError } from "../../lib/errors/mod.ts";

const EIO = 5;

/** Sorted names in a folder; none if there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).toSorted();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return [];
    throw new SystemError(EIO, `cannot read "${folder}": ${(cause as Error).message}`, { cause });
  }
}
