import { parseCalendarEvent } from "../../calendar/mod.ts";
import { ConflictError, NotFoundError, UsageError } from "../../errors/mod.ts";
import { checkRealm, isAuthIdText } from "../../repository/mod.ts";
import {
  type AccessRule,
  type AccountConfig,
  ROLES,
  SecondFactorStore,
  SecretStore,
} from "../access/mod.ts";
import { readFileIfThere } from "../files/mod.ts";
import { changeServerConfig, type ConfigChange } from "./change_server_config.ts";
import type { ConfigText } from "./config_text.ts";
import { parseServerConfig } from "./parse_server_config.ts";
import type { ServerConfig } from "./server_config.ts";
import {
  CONFIG_FILE,
  SECOND_FACTORS_FILE,
  SECRETS_FILE,
  withServerFolder,
} from "./server_folder.ts";

const MIN_PASSWORD_LENGTH = 8;
const MAX_PASSWORD_LENGTH = 1024;
const MAX_ID_LENGTH = 64;
const MAX_COMMENT_LENGTH = 128;

/** Changes of a user or token; members that are undefined stay as they are. */
export interface AccountChange {
  readonly enabled?: boolean | undefined;
  /** Seconds since the epoch; 0 for never. */
  readonly expire?: number | undefined;
  /** Empty removes it. */
  readonly comment?: string | undefined;
}

/** A change of the access control list. */
export interface RuleChange {
  readonly path: string;
  readonly authId: string;
  readonly role: string;
  /** Whether the role also holds below the path. */
  readonly propagate: boolean;
}

/**
 * Users, tokens, roles and second factors in a server's folder, changed whether a server is running
 * or not: one that runs reads them again before its next request.
 *
 * Each change is made under the folder's lock, checked as a whole before it is written, and leaves
 * comments and order of the configuration file alone.
 */
export class ServerAdministration {
  readonly #path: string;

  /** @param path The server's folder; made, with a first configuration, if it is not there. */
  constructor(path: string) {
    this.#path = path;
  }

  /** The present configuration. @throws {UsageError} if it is wrong. */
  async config(): Promise<ServerConfig> {
    return await withServerFolder(this.#path, async () => this.#parse(await this.#read()));
  }

  /** The second factors of all users. */
  async factors(): Promise<SecondFactorStore> {
    await this.config();
    return await SecondFactorStore.open(this.#path, SECOND_FACTORS_FILE);
  }

  /**
   * Creates a user.
   *
   * @param password At least 8 characters.
   * @throws {ConflictError} if there is one of that name.
   */
  async createUser(userId: string, password: string, change: AccountChange): Promise<void> {
    checkAuthId(userId, false);
    checkPassword(password);
    await this.#create("user", userId, password, change);
  }

  /**
   * Creates an API token.
   *
   * @param tokenId `name@realm!token`.
   * @returns Its secret, readable only now.
   * @throws {NotFoundError} if there is no such user.
   * @throws {ConflictError} if there is such a token.
   */
  async generateToken(tokenId: string, change: AccountChange): Promise<string> {
    checkAuthId(tokenId, true);
    const secret = crypto.randomUUID();
    await this.#create("token", tokenId, secret, change);
    return secret;
  }

  /** @throws {NotFoundError} if there is no such user. */
  async requireUser(userId: string): Promise<void> {
    checkAuthId(userId, false);
    requireAccount(await this.config(), userId);
  }

  /** Changes a user. @throws {NotFoundError} if there is none. */
  async updateUser(userId: string, change: AccountChange): Promise<void> {
    checkAuthId(userId, false);
    await this.#update(userId, change);
  }

  /** Changes an API token. @throws {NotFoundError} if there is none. */
  async updateToken(tokenId: string, change: AccountChange): Promise<void> {
    checkAuthId(tokenId, true);
    await this.#update(tokenId, change);
  }

  /**
   * Removes a user with tokens, secrets, second factors and all roles.
   *
   * @throws {NotFoundError} if there is none.
   */
  async removeUser(userId: string): Promise<void> {
    checkAuthId(userId, false);
    await this.#remove(userId);
    await (await this.factors()).remove(userId);
  }

  /** Removes an API token with its secret and roles. @throws {NotFoundError} if there is none. */
  async removeToken(tokenId: string): Promise<void> {
    checkAuthId(tokenId, true);
    await this.#remove(tokenId);
  }

  async #update(authId: string, change: AccountChange): Promise<void> {
    await this.#change((text, config) => {
      requireAccount(config, authId);
      applyChange(text, authId, change);
    });
  }

  async #remove(authId: string): Promise<void> {
    const removed = await this.#change((text, config) => {
      requireAccount(config, authId);
      const ids = config.accounts.map((account) => account.authId)
        .filter((id) => id === authId || id.startsWith(`${authId}!`));
      for (const id of ids) {
        text.removeSection(kindOf(id), id);
        for (const path of new Set(config.rules.map((rule) => rule.path))) {
          writeRules(text, path, id, []);
        }
      }
      return ids;
    });
    // After the account: what is left without one is worth nothing.
    await withServerFolder(this.#path, async () => {
      const secrets = await this.#secrets();
      for (const id of removed) await secrets.remove(id);
    });
  }

  /** Replaces a user's password. @throws {NotFoundError} if there is no such user. */
  async setPassword(userId: string, password: string): Promise<void> {
    checkAuthId(userId, false);
    checkPassword(password);
    await this.#setSecret(userId, password);
  }

  /** Replaces a token's secret. @returns The new one, readable only now. */
  async regenerateToken(tokenId: string): Promise<string> {
    checkAuthId(tokenId, true);
    const secret = crypto.randomUUID();
    await this.#setSecret(tokenId, secret);
    return secret;
  }

  /** Gives a role, at a path, to a user or token. */
  async addRole({ path, authId, role, propagate }: RuleChange): Promise<void> {
    checkAclPath(path);
    checkRole(role);
    await this.#change((text, config) => {
      requireAccount(config, authId);
      const others = rolesAt(config, path, authId).filter((each) => each.role !== role);
      if (!text.has("acl", path)) text.addSection("acl", path);
      writeRules(text, path, authId, [...others, { role, propagate }]);
    });
  }

  /** Takes a role, at a path, away. @throws {NotFoundError} if it was not given there. */
  async removeRole({ path, authId, role }: Omit<RuleChange, "propagate">): Promise<void> {
    await this.#change((text, config) => {
      const roles = rolesAt(config, path, authId);
      const left = roles.filter((each) => each.role !== role);
      if (left.length === roles.length) {
        throw new NotFoundError(`"${authId}" does not have the role "${role}" at "${path}"`);
      }
      writeRules(text, path, authId, left);
    });
  }

  /**
   * Sets the schedule by which garbage of a datastore is collected; undefined removes it.
   *
   * @throws {NotFoundError} if the configuration does not have the datastore.
   */
  async setGcSchedule(store: string, schedule: string | undefined): Promise<void> {
    await this.#change((text, { datastores }) => {
      if (!datastores.some(({ name }) => name === store)) {
        throw new NotFoundError(`there is no datastore "${store}" in "${this.#configPath}"`);
      }
      if (schedule !== undefined) parseCalendarEvent(schedule);
      text.setProperty("datastore", store, "gc-schedule", schedule);
    });
  }

  async #create(
    kind: "user" | "token",
    authId: string,
    secret: string,
    change: AccountChange,
  ): Promise<void> {
    await this.#change(async (text, config) => {
      if (config.accounts.some((account) => account.authId === authId)) {
        throw new ConflictError(`${kind} "${authId}" exists already`);
      }
      if (kind === "token") requireAccount(config, authId.slice(0, authId.indexOf("!")));
      text.addSection(kind, authId);
      applyChange(text, authId, change);
      this.#parse(text.toString());
      // Before the account, which must not be there without it: a start would make another one.
      await (await this.#secrets()).set(authId, secret);
    });
  }

  async #setSecret(authId: string, secret: string): Promise<void> {
    await withServerFolder(this.#path, async () => {
      requireAccount(this.#parse(await this.#read()), authId);
      await (await this.#secrets()).set(authId, secret);
    });
  }

  async #change<T>(change: ConfigChange<T>): Promise<T> {
    return await changeServerConfig(this.#path, change);
  }

  get #configPath(): string {
    return `${this.#path}/${CONFIG_FILE}`;
  }

  async #read(): Promise<string> {
    return await readFileIfThere(this.#configPath) ?? "";
  }

  #parse(text: string): ServerConfig {
    return parseServerConfig(text, this.#configPath);
  }

  async #secrets(): Promise<SecretStore> {
    return await SecretStore.open(`${this.#path}/${SECRETS_FILE}`);
  }
}

interface GivenRole {
  readonly role: string;
  readonly propagate: boolean;
}

function rolesAt({ rules }: ServerConfig, path: string, authId: string): GivenRole[] {
  return rules.filter((rule: AccessRule) => rule.path === path && rule.authId === authId)
    .flatMap(({ roles, propagate }) => roles.map((role) => ({ role, propagate })));
}

/** One line for the roles that also hold below, and one for those that do not. */
function writeRules(
  text: ConfigText,
  path: string,
  authId: string,
  roles: readonly GivenRole[],
): void {
  if (!text.has("acl", path)) return;
  const names = (propagate: boolean) =>
    [...new Set(roles.filter((each) => each.propagate === propagate).map(({ role }) => role))]
      .sort().join(",");
  const [below, here] = [names(true), names(false)];
  text.setProperties("acl", path, authId, [
    ...below === "" ? [] : [below],
    ...here === "" ? [] : [`${here} here-only`],
  ]);
  text.removeEmptySection("acl", path);
}

function applyChange(
  text: ConfigText,
  authId: string,
  { enabled, expire, comment }: AccountChange,
): void {
  const kind = kindOf(authId);
  if (enabled !== undefined) {
    text.setProperty(kind, authId, "enable", enabled ? undefined : "false");
  }
  if (expire !== undefined) {
    text.setProperty(kind, authId, "expire", expire === 0 ? undefined : String(expire));
  }
  if (comment === undefined) return;
  // deno-lint-ignore no-control-regex -- a line break would be a line of the configuration.
  if (comment.length > MAX_COMMENT_LENGTH || /[\x00-\x1f\x7f]/.test(comment)) {
    throw new UsageError(`a comment is one line of at most ${MAX_COMMENT_LENGTH} characters`);
  }
  text.setProperty(kind, authId, "comment", comment.trim() === "" ? undefined : comment.trim());
}

function kindOf(authId: string): "user" | "token" {
  return authId.includes("!") ? "token" : "user";
}

function requireAccount({ accounts }: ServerConfig, authId: string): AccountConfig {
  const account = accounts.find((each) => each.authId === authId);
  if (account !== undefined) return account;
  throw new NotFoundError(`there is no ${kindOf(authId)} "${authId}"`);
}

function checkAuthId(authId: string, isToken: boolean): void {
  const valid = isAuthIdText(authId) && authId.includes("!") === isToken &&
    authId.length <= MAX_ID_LENGTH && !/[\s#]/.test(authId);
  if (!valid) {
    const form = isToken ? "name@realm!token" : "name@realm";
    throw new UsageError(`"${authId}" is not of the form ${form}`);
  }
  checkRealm(authId);
}

function checkPassword(password: string): void {
  const { length } = [...password];
  if (length >= MIN_PASSWORD_LENGTH && length <= MAX_PASSWORD_LENGTH) return;
  throw new UsageError(
    `a password has ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters`,
  );
}

function checkAclPath(path: string): void {
  if (/^(?:\/|(?:\/[A-Za-z0-9_][A-Za-z0-9._-]*)+)$/.test(path)) return;
  throw new UsageError(`"${path}" is not a path like /datastore/store1`);
}

function checkRole(role: string): void {
  if (ROLES.has(role)) return;
  throw new UsageError(`there is no role "${role}", only ${[...ROLES.keys()].join(", ")}`);
}
