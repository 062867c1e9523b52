import { dirname } from "node:path";

/** How to put a file with a secret in place. */
export interface StoreKeyOptions {
  /** Whether a file that is there already may be replaced; otherwise it is an error. */
  readonly replace: boolean;
  /** Permissions; default is that only the owner can read it. */
  readonly mode?: number;
}

const OWNER_ONLY = 0o600;

/**
 * Writes a key to disk: never readable by others, even for a moment, and safe from a power failure
 * once it returns. A file that is replaced stays until the new one is complete (spec: datastore-formats.md §5.5).
 *
 * @param path Where to; its folder exists.
 * @param text What to write.
 * @throws {Deno.errors.AlreadyExists} if there is a file and it may not be replaced.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * const folder = Deno.makeTempDirSync();
 * storeKeyFile(`${folder}/key`, "{}", { replace: false });
 * assertThrows(() => storeKeyFile(`${folder}/key`, "{}", { replace: false }));
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
export function storeKeyFile(path: string, text: string, options: StoreKeyOptions): void {
  const mode = options.mode ?? OWNER_ONLY;
  const written = options.replace ? `${path}.tmp_${crypto.randomUUID()}` : path;
  using file = Deno.openSync(written, { write: true, createNew: true, mode });
  try {
    const bytes = new TextEncoder().encode(text);
    for (let done = 0; done < bytes.byteLength;) done += file.writeSync(bytes.subarray(done));
    file.syncSync();
    if (written !== path) Deno.renameSync(written, path);
  } catch (error) {
    Deno.removeSync(written);
    throw error;
  }
  syncFolder(dirname(path));
}

/** Brings the folder's entry to disk; file systems that cannot do that have none to bring. */
function syncFolder(path: string): void {
  try {
    using folder = Deno.openSync(path);
    folder.syncSync();
  } catch {
    // The file itself is safe.
  }
}
