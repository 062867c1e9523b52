import { CorruptDataError } from "../../errors/mod.ts";
import { readFileIfThere, writePrivateFile } from "../files/mod.ts";
import { hashPassword } from "./password_hash.ts";

/** The hashes of passwords and token secrets, in a file that nobody else may read. */
export class SecretStore {
  readonly #path: string | undefined;
  readonly #hashes: Map<string, string>;

  private constructor(path: string | undefined, hashes: Map<string, string>) {
    this.#path = path;
    this.#hashes = hashes;
  }

  /** A store in memory only. */
  static inMemory(): SecretStore {
    return new SecretStore(undefined, new Map());
  }

  /**
   * Opens a store; a file that is not there is an empty one.
   *
   * @throws {CorruptDataError} if the file is damaged.
   */
  static async open(path: string): Promise<SecretStore> {
    const text = await readFileIfThere(path);
    if (text === undefined) return new SecretStore(path, new Map());
    let members: unknown;
    try {
      members = JSON.parse(text);
    } catch (cause) {
      throw new CorruptDataError(`"${path}" is damaged: not valid JSON`, { cause });
    }
    const entries = typeof members === "object" && members !== null ? Object.entries(members) : [];
    if (!entries.every(([, hash]) => typeof hash === "string")) {
      throw new CorruptDataError(`"${path}" is damaged: a hash is no text`);
    }
    return new SecretStore(path, new Map(entries));
  }

  /** The hash of an auth id's password or secret. */
  hashOf(authId: string): string | undefined {
    return this.#hashes.get(authId);
  }

  /** Sets the password of a user or the secret of a token. */
  async set(authId: string, secret: string): Promise<void> {
    this.#hashes.set(authId, await hashPassword(secret));
    await this.#write();
  }

  /** Forgets a password or secret, if there is one. */
  async remove(authId: string): Promise<void> {
    if (this.#hashes.delete(authId)) await this.#write();
  }

  async #write(): Promise<void> {
    if (this.#path === undefined) return;
    const text = JSON.stringify(Object.fromEntries(this.#hashes), undefined, 2);
    await writePrivateFile(this.#path, `${text}\n`);
  }
}
