import { withoutMark } from "../../bytes/mod.ts";
import { SystemError } from "../../errors/mod.ts";

/** Mode of files that hold secrets. */
const PRIVATE_MODE = 0o600;

/** Reads a file, or undefined if there is none. */
export async function readFileIfThere(path: string): Promise<string | undefined> {
  try {
    return withoutMark(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new SystemError(5, `cannot read "${path}": ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/**
 * Puts a file in place in one step, readable for nobody else.
 *
 * @param mode Other than 0600 if others may read it.
 */
export async function writePrivateFile(
  path: string,
  text: string,
  mode: number = PRIVATE_MODE,
): Promise<void> {
  const temporary = `${path}.tmp_${crypto.randomUUID().slice(0, 6)}`;
  try {
    const file = await Deno.open(temporary, { write: true, createNew: true, mode });
    try {
      const bytes = new TextEncoder().encode(text);
      for (let written = 0; written < bytes.length;) {
        written += await file.write(bytes.subarray(written));
      }
      await file.sync();
    } finally {
      file.close();
    }
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw new SystemError(5, `cannot write "${path}": ${(error as Error).message}`, {
      cause: error,
    });
  }
}
