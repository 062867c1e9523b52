import { createHash } from "node:crypto";
import type { AccountConfig } from "../config/server_config.ts";
import type { AccessRules } from "./access_rules.ts";
import type { Credentials } from "./credentials.ts";
import { UNKNOWN_USER_HASH, verifyPassword } from "./password_hash.ts";
import type { SecretStore } from "./secret_store.ts";
import type { TicketSigner } from "./ticket_signer.ts";

/** Logins that may wait for their turn; more are refused unheard. */
const MAX_PENDING_CHECKS = 64;

/** Who may use the server, and what for. */
export class AccessControl {
  readonly #accounts: ReadonlyMap<string, AccountConfig>;
  readonly #secrets: SecretStore;
  /** Secrets of tokens that were right: each request with a token brings one. */
  readonly #verified = new Map<string, string>();
  #pendingChecks = 0;

  constructor(
    accounts: readonly AccountConfig[],
    secrets: SecretStore,
    readonly signer: TicketSigner,
    readonly rules: AccessRules,
  ) {
    this.#accounts = new Map(accounts.map((account) => [account.authId, account]));
    this.#secrets = secrets;
  }

  /** All users and tokens. */
  get accounts(): Iterable<AccountConfig> {
    return this.#accounts.values();
  }

  /** Whether an account exists, is enabled and not expired; a token's user must be so, too. */
  isActive(authId: string): boolean {
    const mark = authId.indexOf("!");
    if (mark >= 0 && !this.isActive(authId.slice(0, mark))) return false;
    const account = this.#accounts.get(authId);
    if (account === undefined || !account.enabled) return false;
    return account.expire === 0 || account.expire > Date.now() / 1000;
  }

  /** Whether the password, or a ticket in its place, is right for an active user. */
  async login(userId: string, password: string): Promise<boolean> {
    if (password.startsWith("PBS:")) {
      return this.signer.verifyTicket(password) === userId && this.isActive(userId);
    }
    // The same time is spent whether there is such a user or not.
    const right = await this.#check(password, this.#secrets.hashOf(userId) ?? UNKNOWN_USER_HASH);
    return right && this.isActive(userId);
  }

  /**
   * Who sends a request.
   *
   * @param method Those that change something need a CSRF token beside a ticket.
   * @returns The auth id, or undefined if the credentials are not good.
   */
  async authenticate(credentials: Credentials, method: string): Promise<string | undefined> {
    if (credentials.kind === "ticket") {
      const userId = this.signer.verifyTicket(credentials.ticket);
      if (userId === undefined || !this.isActive(userId)) return undefined;
      const { csrfToken } = credentials;
      const meant = method === "GET" ||
        (csrfToken !== undefined && this.signer.verifyCsrfToken(csrfToken, userId));
      return meant ? userId : undefined;
    }
    const { tokenId, secret } = credentials;
    if (!this.isActive(tokenId)) return undefined;
    const hash = this.#secrets.hashOf(tokenId);
    if (hash === undefined) return undefined;
    const fast = createHash("sha256").update(hash).update(secret).digest("hex");
    if (this.#verified.get(tokenId) === fast) return tokenId;
    if (!await this.#check(secret, hash)) return undefined;
    this.#verified.set(tokenId, fast);
    return tokenId;
  }

  async #check(secret: string, hash: string): Promise<boolean> {
    if (this.#pendingChecks >= MAX_PENDING_CHECKS) return false;
    this.#pendingChecks++;
    try {
      return await verifyPassword(secret, hash);
    } finally {
      this.#pendingChecks--;
    }
  }
}
