import { createHash } from "node:crypto";
import type { AccessRules } from "./access_rules.ts";
import type { AccountConfig } from "./account_config.ts";
import type { Credentials } from "./credentials.ts";
import { PasswordChecks } from "./password_checks.ts";
import { UNKNOWN_USER_HASH, verifyPassword } from "./password_hash.ts";
import type { FactorChallenge } from "./second_factor_store.ts";
import { SecondFactorStore } from "./second_factor_store.ts";
import type { SecretStore } from "./secret_store.ts";
import type { TicketSigner } from "./ticket_signer.ts";

/** Outcome of a password: a second step may be missing. */
export type LoginResult = "refused" | "complete" | FactorChallenge;

/** Users and tokens of the server, and what they may do. */
export class AccessControl {
  #accounts!: ReadonlyMap<string, AccountConfig>;
  #secrets!: SecretStore;
  #rules!: AccessRules;
  /** Secrets of tokens that were right: each request with a token brings one. */
  readonly #verified = new Map<string, string>();
  readonly #checks = new PasswordChecks();

  constructor(
    accounts: readonly AccountConfig[],
    secrets: SecretStore,
    readonly signer: TicketSigner,
    rules: AccessRules,
    readonly factors: SecondFactorStore = SecondFactorStore.inMemory(),
  ) {
    this.configure(accounts, secrets, rules);
  }

  /** Replaces what the configuration says. */
  configure(
    accounts: readonly AccountConfig[],
    secrets: SecretStore,
    rules: AccessRules,
  ): void {
    this.#accounts = new Map(accounts.map((account) => [account.authId, account]));
    this.#secrets = secrets;
    this.#rules = rules;
  }

  /** Rules: user or token, role, path. */
  get rules(): AccessRules {
    return this.#rules;
  }

  /** All users and tokens. */
  get accounts(): Iterable<AccountConfig> {
    return this.#accounts.values();
  }

  /** Whether an account exists, is enabled and not expired; for a token, its user as well. */
  isActive(authId: string): boolean {
    const mark = authId.indexOf("!");
    if (mark >= 0 && !this.isActive(authId.slice(0, mark))) return false;
    const account = this.#accounts.get(authId);
    if (account === undefined || !account.enabled) return false;
    return account.expire === 0 || account.expire > Date.now() / 1000;
  }

  /**
   * The first step of a login: the password, or a ticket in its place, which stands for both steps.
   *
   * @param address Where it comes from: addresses take turns.
   * @returns What is asked for in the second step if there has to be one.
   * @throws {ServerError} with 429 or 503 if the password could not be looked at.
   */
  async login(userId: string, password: string, address: string): Promise<LoginResult> {
    if (password.startsWith("PBS:")) {
      const isRight = this.signer.verifyTicket(password) === userId && this.isActive(userId);
      return isRight ? "complete" : "refused";
    }
    // The same time is spent whether there is such a user or not.
    const hash = this.#secrets.hashOf(userId) ?? UNKNOWN_USER_HASH;
    const right = await this.#checks.run(
      { authId: userId, address },
      () => verifyPassword(password, hash),
    );
    if (!right || !this.isActive(userId)) return "refused";
    return this.factors.challengeOf(userId) ?? "complete";
  }

  /**
   * The second step of a login (spec: protocol.md §2.8).
   *
   * @param ticket Of the first step.
   * @param answer `totp:…` or `recovery:…`.
   */
  async loginSecondStep(userId: string, ticket: string, answer: string): Promise<boolean> {
    return this.signer.verifyChallengeTicket(ticket, userId) && this.isActive(userId) &&
      await this.factors.verify(userId, answer);
  }

  /**
   * Who sends a request.
   *
   * @param method Those that change something need a CSRF token beside a ticket.
   * @param address Where it comes from: addresses take turns.
   * @returns The auth id, or undefined if the credentials are not good.
   * @throws {ServerError} with 429 or 503 if a secret could not be looked at.
   */
  async authenticate(
    credentials: Credentials,
    method: string,
    address: string,
  ): Promise<string | undefined> {
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
    const isKnown = () => this.#verified.get(tokenId) === fast;
    if (isKnown()) return tokenId;
    const right = await this.#checks.run(
      { authId: tokenId, address },
      // Many requests begin at the same time: the first finds out for the others.
      async () => isKnown() || await verifyPassword(secret, hash),
    );
    if (!right) return undefined;
    this.#verified.set(tokenId, fast);
    return tokenId;
  }
}
