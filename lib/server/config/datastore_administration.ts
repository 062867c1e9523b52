import { createHash } from "node:crypto";
import { ConflictError, NotFoundError, UsageError } from "../../errors/mod.ts";
import { readFileIfThere } from "../files/mod.ts";
import { changeServerConfig } from "./change_server_config.ts";
import { ConfigText } from "./config_text.ts";
import { parseServerConfig } from "./parse_server_config.ts";
import type { DatastoreConfig, Maintenance } from "./server_config.ts";
import { formatMaintenance } from "./maintenance_mode.ts";
import { CONFIG_FILE, withServerFolder } from "./server_folder.ts";

/** Properties of a datastore by the names of the file, each as the one line that it takes. */
export type DatastoreProperties = Readonly<Record<string, string>>;

/** The datastores of a configuration. */
export interface DatastoreList {
  readonly datastores: readonly DatastoreConfig[];
  /** SHA-256 of the file's text, in hex. */
  readonly digest: string;
}

/**
 * The datastores in a server's configuration file, changed whether a server is running or not. Nothing
 * of the datastores themselves is touched.
 */
export class DatastoreAdministration {
  /** @param path The server's folder; made, with a first configuration, if it is not there. */
  constructor(readonly path: string) {}

  /** All datastores. @throws {UsageError} if the configuration is wrong. */
  async list(): Promise<DatastoreList> {
    const name = `${this.path}/${CONFIG_FILE}`;
    return await withServerFolder(this.path, async () => {
      const text = await readFileIfThere(name) ?? "";
      const { datastores } = parseServerConfig(text, name);
      return { datastores, digest: digestOf(new ConfigText(text)) };
    });
  }

  /** One datastore. @throws {NotFoundError} if the configuration does not have it. */
  async find(name: string): Promise<DatastoreConfig> {
    return requireDatastore((await this.list()).datastores, name);
  }

  /** Names of the datastores that use an S3 endpoint. Asks without the lock, which the asker has. */
  async usersOfEndpoint(id: string): Promise<string[]> {
    const name = `${this.path}/${CONFIG_FILE}`;
    const { datastores } = parseServerConfig(await readFileIfThere(name) ?? "", name);
    return datastores.filter(({ backend }) => backend?.client === id).map(({ name }) => name);
  }

  /**
   * Looks whether a datastore can be added.
   *
   * @throws {ConflictError} if its name or path is taken.
   */
  async checkNew(name: string, path: string): Promise<void> {
    checkFree((await this.list()).datastores, name, path);
  }

  /**
   * Adds a datastore.
   *
   * @param allowed Called under the lock; what it throws keeps it out.
   * @throws {ConflictError} if its name or path is taken.
   * @throws {UsageError} if a property is wrong.
   */
  async create(
    name: string,
    properties: DatastoreProperties,
    allowed: () => void | Promise<void> = () => {},
  ): Promise<void> {
    await changeServerConfig(this.path, async (text, { datastores }) => {
      checkFree(datastores, name, properties["path"] ?? "");
      await allowed();
      text.addSection("datastore", name);
      setAll(text, name, properties);
    });
  }

  /**
   * Changes a datastore.
   *
   * @param remove Names of properties that are removed.
   * @param digest The {@linkcode DatastoreList.digest} as it was when somebody looked.
   * @throws {NotFoundError} if the configuration does not have it.
   */
  async update(
    name: string,
    set: DatastoreProperties,
    remove: readonly string[] = [],
    digest?: string,
  ): Promise<void> {
    await changeServerConfig(this.path, (text, { datastores }) => {
      if (digest !== undefined && digest !== digestOf(text)) {
        throw new ConflictError(
          "detected modified configuration - file changed by other user? Try again.",
        );
      }
      requireDatastore(datastores, name);
      for (const key of remove) text.setProperty("datastore", name, key, undefined);
      setAll(text, name, set);
    });
  }

  /**
   * Sets the maintenance mode; undefined ends it.
   *
   * @returns The mode that was in force.
   * @throws {NotFoundError} if there is no such datastore.
   */
  async setMaintenance(
    name: string,
    maintenance: Maintenance | undefined,
  ): Promise<Maintenance | undefined> {
    return await changeServerConfig(this.path, (text, { datastores }) => {
      const before = requireDatastore(datastores, name).maintenance;
      const line = maintenance && formatMaintenance(maintenance);
      text.setProperty("datastore", name, "maintenance-mode", line);
      return before;
    });
  }

  /**
   * Removes a datastore.
   *
   * @param withRules Whether the roles that somebody has on it go as well.
   */
  async remove(name: string, withRules: boolean): Promise<void> {
    await changeServerConfig(this.path, (text, { datastores, rules }) => {
      requireDatastore(datastores, name);
      text.removeSection("datastore", name);
      const root = `/datastore/${name}`;
      for (const path of new Set(rules.map((rule) => rule.path))) {
        if (withRules && (path === root || path.startsWith(`${root}/`))) {
          text.removeSection("acl", path);
        }
      }
    });
  }
}

function digestOf(text: ConfigText): string {
  return createHash("sha256").update(text.toString()).digest("hex");
}

function requireDatastore(datastores: readonly DatastoreConfig[], name: string): DatastoreConfig {
  const found = datastores.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new NotFoundError(`there is no datastore '${name}' in the server's configuration`);
}

function checkFree(datastores: readonly DatastoreConfig[], name: string, path: string): void {
  if (datastores.some((each) => each.name === name)) {
    throw new ConflictError(`datastore '${name}' already exists.`);
  }
  const other = datastores.find((each) => isInside(path, each.path) || isInside(each.path, path));
  if (other === undefined) return;
  throw new ConflictError(
    `path '${path}' is or overlaps that of datastore '${other.name}', '${other.path}'`,
  );
}

function isInside(path: string, folder: string): boolean {
  const components = (text: string) => text.split("/").filter((part) => part !== "");
  const inner = components(path);
  return components(folder).every((part, at) => part === inner[at]);
}

function setAll(text: ConfigText, name: string, properties: DatastoreProperties): void {
  for (const [key, value] of Object.entries(properties)) {
    const line = value.trim();
    // deno-lint-ignore no-control-regex -- a line break would be a line of the configuration.
    if (/[\x00-\x1f\x7f]/.test(line)) throw new UsageError(`"${key}" must be one line`);
    text.setProperty("datastore", name, key, line === "" ? undefined : line);
  }
}
