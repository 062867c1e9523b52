import { ConflictError, NotFoundError } from "../../errors/mod.ts";
import { type ConfigText, propertyLine, SectionFile, type SectionList } from "../config/mod.ts";
import { encodePassword, parseRemotes } from "./parse_remotes.ts";
import type { RemoteChange, RemoteConfig } from "./remote_config.ts";

const FILE = "remote.cfg";
const SECTION = "remote";

/** The file of the remotes, readable for nobody else: their passwords are in it. */
export class RemoteFile {
  readonly #file: SectionFile<RemoteConfig>;

  /** @param folder Made when something is written. */
  constructor(folder: string) {
    this.#file = new SectionFile(folder, FILE, parseRemotes);
  }

  /** The remotes. @throws {UsageError} if the file is wrong. */
  async list(): Promise<SectionList<RemoteConfig>> {
    return await this.#file.list();
  }

  /** One remote. @throws {NotFoundError} if there is none. */
  async find(name: string): Promise<RemoteConfig> {
    return requireRemote((await this.list()).entries, name);
  }

  /** Adds a remote. @throws {ConflictError} if there is one of that name. */
  async create(name: string, { set }: RemoteChange): Promise<void> {
    await this.#file.change(undefined, (text, remotes) => {
      if (remotes.some((remote) => remote.name === name)) {
        throw new ConflictError(`remote '${name}' already exists.`);
      }
      text.addSection(SECTION, name);
      setAll(text, name, set);
    });
  }

  /** Changes a remote. @throws {NotFoundError} if there is none. */
  async update(name: string, { set, remove = [], digest }: RemoteChange): Promise<void> {
    await this.#file.change(digest, (text, remotes) => {
      requireRemote(remotes, name);
      for (const key of remove) text.setProperty(SECTION, name, key, undefined);
      setAll(text, name, set);
    });
  }

  /** Removes a remote. @throws {NotFoundError} if there is none. */
  async remove(name: string, digest?: string): Promise<void> {
    await this.#file.change(digest, (text, remotes) => {
      requireRemote(remotes, name);
      text.removeSection(SECTION, name);
    });
  }
}

function requireRemote(remotes: readonly RemoteConfig[], name: string): RemoteConfig {
  const remote = remotes.find((each) => each.name === name);
  if (remote !== undefined) return remote;
  throw new NotFoundError(`there is no remote '${name}'`);
}

function setAll(text: ConfigText, name: string, set: RemoteChange["set"]): void {
  for (const [key, value] of Object.entries(set)) {
    const line = key === "password" ? encodePassword(String(value)) : propertyLine(key, value);
    text.setProperty(SECTION, name, key, line === "" ? undefined : line);
  }
}
