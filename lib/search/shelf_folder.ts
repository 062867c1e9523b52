import { encodeHex } from "../bytes/mod.ts";
import { type CryptConfig, sha256 } from "../crypto/mod.ts";
import { CorruptDataError, describeError } from "../errors/mod.ts";
import { MAX_SHELF_BYTES, NameShelf } from "./name_shelf.ts";

const SUFFIX = ".names";
/** Age at which a file that is being written has been given up. */
const LEFT_AFTER_MS = 3_600_000;
/** All files together; those that were not used for the longest time go. */
const MAX_FOLDER_BYTES = 512 * 1024 * 1024;

/**
 * The folder of name files beside the caches. Whatever is wrong with a file, it is only made anew. Files
 * are replaced in one step: of several processes the last one's stays.
 */
export class ShelfFolder {
  /**
   * @param path Need not exist.
   * @param repository Name of the repository, the same from whatever folder.
   * @param maxBytes All files together; 512 MiB if absent.
   */
  constructor(
    readonly path: string,
    readonly repository: string,
    readonly maxBytes: number = MAX_FOLDER_BYTES,
  ) {}

  /**
   * The file of a group.
   *
   * @param crypt Given for its encrypted archives, which have a file of their own.
   * @param log Told of a file that is damaged.
   * @returns An empty one if there is none.
   */
  load(group: string, crypt: CryptConfig | undefined, log: (line: string) => void): NameShelf {
    const path = this.#pathOf(group, crypt);
    let bytes: Uint8Array;
    try {
      if (Deno.statSync(path).size > 2 * MAX_SHELF_BYTES) return new NameShelf(crypt);
      bytes = Deno.readFileSync(path);
    } catch {
      // A cache that cannot be read is an empty one.
      return new NameShelf(crypt);
    }
    try {
      return NameShelf.parse(bytes, crypt);
    } catch (error) {
      if (!(error instanceof CorruptDataError)) throw error;
      log(`${path} is made anew: ${error.message}`);
      return new NameShelf(crypt);
    }
  }

  /** Notes that a file was used. */
  touch(group: string, crypt: CryptConfig | undefined): void {
    try {
      const now = new Date();
      Deno.utimeSync(this.#pathOf(group, crypt), now, now);
    } catch {
      // It goes a bit earlier, then.
    }
  }

  /** Stores a file. @returns Why that did not work, if it did not. */
  save(group: string, crypt: CryptConfig | undefined, shelf: NameShelf): string | undefined {
    const path = this.#pathOf(group, crypt);
    let temporary: string | undefined;
    try {
      Deno.mkdirSync(this.path, { recursive: true, mode: 0o700 });
      this.#makeRoom(shelf.byteLength, path);
      temporary = Deno.makeTempFileSync({ dir: this.path, prefix: ".new-" });
      Deno.writeFileSync(temporary, shelf.toBytes());
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
      return `cannot keep names in ${path}: ${describeError(error)[0]}`;
    }
  }

  #pathOf(group: string, crypt: CryptConfig | undefined): string {
    const key = crypt === undefined ? "" : encodeHex(crypt.fingerprint);
    const text = JSON.stringify([this.repository, group, key]);
    const digest = encodeHex(sha256(new TextEncoder().encode(text)));
    return `${this.path}/${digest.slice(0, 32)}${SUFFIX}`;
  }

  /** Removes files until a new one fits in, and what interrupted processes have left. */
  #makeRoom(newBytes: number, replaced: string): void {
    const files: { path: string; size: number; time: number }[] = [];
    for (const { name } of Deno.readDirSync(this.path)) {
      const path = `${this.path}/${name}`;
      if (path === replaced) continue;
      const info = statIfThere(path);
      if (info === undefined) continue;
      const time = info.mtime?.getTime() ?? 0;
      const isLeft = name.startsWith(".new-") && time < Date.now() - LEFT_AFTER_MS;
      if (isLeft) removeIfThere(path);
      else if (name.endsWith(SUFFIX)) files.push({ path, size: info.size, time });
    }
    let sum = newBytes + files.reduce((bytes, { size }) => bytes + size, 0);
    for (const { path, size } of files.sort((a, b) => a.time - b.time)) {
      if (sum <= this.maxBytes) return;
      removeIfThere(path);
      sum -= size;
    }
  }
}

/** Other processes replace and remove files as well. */
function statIfThere(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Another process was faster.
  }
}
