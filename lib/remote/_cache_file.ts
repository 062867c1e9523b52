import { withoutMark } from "../bytes/mod.ts";
import { describeError } from "../errors/mod.ts";

/** Reads a text file. @returns undefined if there is none, or it cannot be read. */
export function readCacheFile(path: string): string | undefined {
  try {
    return withoutMark(Deno.readTextFileSync(path));
  } catch {
    // A cache that cannot be read is an empty one.
    return undefined;
  }
}

/**
 * Replaces a file in one step, so that nobody ever sees half of it; makes its folder.
 *
 * @param mode Permissions of the file.
 * @returns Why it did not work, or undefined.
 */
export function replaceCacheFile(path: string, text: string, mode: number): string | undefined {
  const folder = path.slice(0, path.lastIndexOf("/"));
  let temporary: string | undefined;
  try {
    Deno.mkdirSync(folder, { recursive: true });
    temporary = Deno.makeTempFileSync({ dir: folder, prefix: ".new-" });
    Deno.writeTextFileSync(temporary, text);
    Deno.chmodSync(temporary, mode);
    Deno.renameSync(temporary, path);
    return undefined;
  } catch (error) {
    if (temporary !== undefined) {
      try {
        Deno.removeSync(temporary);
      } catch {
        // It was renamed, or the folder is gone.
      }
    }
    return `cannot write ${path}: ${describeError(error)[0]}`;
  }
}
