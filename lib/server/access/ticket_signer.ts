import { Buffer } from "node:buffer";
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { trimTextEnd } from "../../bytes/mod.ts";

/** Tickets and CSRF tokens are accepted for two hours (spec: protocol.md §2.2). */
const LIFETIME_SECONDS = 7200;
/** Time for the second step of a login (spec: protocol.md §2.8). */
const CHALLENGE_SECONDS = 600;
/** Clocks that are ahead of ours. */
const MAX_AHEAD_SECONDS = 300;

/**
 * Signs and checks tickets and CSRF tokens (spec: protocol.md §2.2). Both are opaque to clients: an
 * HMAC-SHA-256 of the user id and the time, each with a key of its own.
 */
export class TicketSigner {
  readonly #ticketKey: Uint8Array;
  readonly #csrfKey: Uint8Array;
  readonly #challengeKey: Uint8Array;
  readonly #now: () => number;
  /** How long tickets and CSRF tokens are good. */
  lifetimeSeconds: number;

  /**
   * @param secret At least 32 random bytes.
   * @param now Milliseconds since the epoch.
   */
  constructor(
    secret: Uint8Array,
    now: () => number = Date.now,
    lifetimeSeconds: number = LIFETIME_SECONDS,
  ) {
    const key = (use: string) => new Uint8Array(hkdfSync("sha256", secret, "", use, 32));
    this.#ticketKey = key("ticket");
    this.#csrfKey = key("csrf");
    this.#challengeKey = key("challenge");
    this.#now = now;
    this.lifetimeSeconds = lifetimeSeconds;
  }

  /** A ticket that says who somebody is. */
  createTicket(userId: string): string {
    const data = `PBS:${userId}:${this.#timestamp()}`;
    return `${data}::${this.#sign(this.#ticketKey, data)}`;
  }

  /** The user of a ticket; undefined if it is not one of ours or too old. */
  verifyTicket(ticket: string): string | undefined {
    const match = /^(PBS:([^:]+):([0-9A-F]+))::([A-Za-z0-9+/]+)$/.exec(ticket);
    if (match === null) return undefined;
    const [, data = "", userId = "", time = "", signature = ""] = match;
    if (!this.#isSignature(this.#ticketKey, data, signature)) return undefined;
    return this.#isFresh(time) ? userId : undefined;
  }

  /**
   * The ticket of half a login: it says what is asked for, and authenticates nothing
   * (spec: protocol.md §2.8).
   */
  createChallengeTicket(userId: string, challenge: object): string {
    const text = JSON.stringify(challenge).replaceAll("%", "%25").replaceAll(":", "%3A");
    const data = `PBS:!tfa!${text}:${this.#timestamp()}`;
    return `${data}::${this.#sign(this.#challengeKey, `${data}:${userId}`)}`;
  }

  /** Whether a ticket is one of half a login of that user, less than ten minutes old. */
  verifyChallengeTicket(ticket: string, userId: string): boolean {
    const match = /^(PBS:!tfa![^:]+:([0-9A-F]+))::([A-Za-z0-9+/]+)$/.exec(ticket);
    if (match === null) return false;
    const [, data = "", time = "", signature = ""] = match;
    return this.#isSignature(this.#challengeKey, `${data}:${userId}`, signature) &&
      this.#isFresh(time, CHALLENGE_SECONDS);
  }

  /** A token that shows that a request was meant (spec: protocol.md §2.3). */
  createCsrfToken(userId: string): string {
    const time = this.#timestamp();
    return `${time}:${this.#sign(this.#csrfKey, `${time}:${userId}`)}`;
  }

  /** Whether a CSRF token is fresh and of that user. */
  verifyCsrfToken(token: string, userId: string): boolean {
    const match = /^([0-9A-F]+):([A-Za-z0-9+/]+)$/.exec(token);
    if (match === null) return false;
    const [, time = "", signature = ""] = match;
    return this.#isSignature(this.#csrfKey, `${time}:${userId}`, signature) && this.#isFresh(time);
  }

  #timestamp(): string {
    const seconds = Math.floor(this.#now() / 1000);
    return seconds.toString(16).toUpperCase().padStart(8, "0");
  }

  #isFresh(time: string, lifetimeSeconds: number = this.lifetimeSeconds): boolean {
    const ageSeconds = Math.floor(this.#now() / 1000) - parseInt(time, 16);
    return ageSeconds >= -MAX_AHEAD_SECONDS && ageSeconds <= lifetimeSeconds;
  }

  #sign(key: Uint8Array, data: string): string {
    return trimTextEnd(createHmac("sha256", key).update(data).digest("base64"), "=");
  }

  #isSignature(key: Uint8Array, data: string, signature: string): boolean {
    const expected = Buffer.from(this.#sign(key, data));
    const given = Buffer.from(signature);
    return expected.length === given.length && timingSafeEqual(expected, given);
  }
}
