import { createHash } from "node:crypto";
import { ConflictError, UsageError } from "../../errors/mod.ts";
import { readFileIfThere, withFolderLock, writePrivateFile } from "../files/mod.ts";
import { ConfigText } from "./config_text.ts";

const FOLDER_MODE = 0o700;

/** Entries of a file with the digest of its text. */
export interface SectionList<T> {
  readonly entries: readonly T[];
  /** SHA-256 of the file's text, in hex. */
  readonly digest: string;
}

/**
 * A file whose sections are entries of one kind. Each change is made under the folder's lock, checked as a
 * whole before it is written, and leaves comments and order alone.
 */
export class SectionFile<T> {
  readonly #folder: string;
  readonly #path: string;
  readonly #mode: number | undefined;
  readonly #parse: (text: string, path: string) => readonly T[];

  /**
   * @param folder Made when something is written.
   * @param name Of the file.
   * @param parse Reads its text; throws {@linkcode UsageError} if that is wrong.
   * @param mode Permissions other than 0600.
   */
  constructor(
    folder: string,
    name: string,
    parse: (text: string, path: string) => readonly T[],
    mode?: number,
  ) {
    this.#mode = mode;
    this.#folder = folder;
    this.#path = `${folder}/${name}`;
    this.#parse = parse;
  }

  /** The entries; none if there is no file. @throws {UsageError} if the file is wrong. */
  async list(): Promise<SectionList<T>> {
    return this.#read(await readFileIfThere(this.#path) ?? "");
  }

  /**
   * Changes the file.
   *
   * @param digest As it was when somebody looked; the change is refused if it is another now.
   * @param change Told of the entries as they are.
   * @throws {ConflictError} if somebody else has changed it.
   * @throws {UsageError} if the file would be wrong.
   */
  async change(
    digest: string | undefined,
    change: (text: ConfigText, entries: readonly T[]) => void | Promise<void>,
  ): Promise<void> {
    await Deno.mkdir(this.#folder, { recursive: true, mode: FOLDER_MODE });
    await withFolderLock(this.#folder, async () => {
      const before = await readFileIfThere(this.#path) ?? "";
      const list = this.#read(before);
      if (digest !== undefined && digest !== list.digest) {
        throw new ConflictError(
          "detected modified configuration - file changed by other user? Try again.",
        );
      }
      const text = new ConfigText(before);
      await change(text, list.entries);
      const after = text.toString();
      this.#parse(after, this.#path);
      if (after !== before) await writePrivateFile(this.#path, after, this.#mode);
    });
  }

  #read(text: string): SectionList<T> {
    return {
      entries: this.#parse(text, this.#path),
      digest: createHash("sha256").update(text).digest("hex"),
    };
  }
}

/** Value of a property as the file has it. @throws {UsageError} if it is no single line. */
export function propertyLine(key: string, value: string | number | boolean): string {
  const line = String(value).trim();
  // deno-lint-ignore no-control-regex -- a line break would be a line of the configuration.
  if (/[\x00-\x1f\x7f]/.test(line)) throw new UsageError(`"${key}" must be one line`);
  return line;
}
