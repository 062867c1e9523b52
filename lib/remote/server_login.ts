import {
  AuthError,
  CorruptDataError,
  describeError,
  PbsError,
  ServerError,
} from "../errors/mod.ts";
import { apiTokenFields, type RestClient, ticketFields } from "../rest/mod.ts";
import type { HeaderField } from "../http/mod.ts";
import type { RemoteRepositoryOptions, ServerLocation } from "./remote_options.ts";
import { isHalfLogin, parseChallenge, secondFactorPassword } from "./second_factor.ts";
import { TICKET_LIFETIME_SECONDS } from "./ticket_cache.ts";

/** Between two renewals (spec: protocol.md §2.5). */
const RENEWAL_MS = 15 * 60_000;
/** How often a second factor is asked for; each wrong one takes the server 3 s. */
const SECOND_FACTOR_ATTEMPTS = 3;

interface Ticket {
  readonly ticket: string;
  readonly csrfToken: string;
  readonly issuedAtMs: number;
}

/** A password or the secret of a token. */
interface Secret {
  readonly text: string;
  /** A cached ticket instead of the password. */
  readonly isTicket: boolean;
}

/**
 * Who we are for a server: an API token, or a user whose ticket is fetched with the first request
 * and renewed for as long as the repository is open (spec: protocol.md §2.5).
 */
export class ServerLogin {
  readonly #options: RemoteRepositoryOptions;
  readonly #location: ServerLocation;
  readonly #secret: Secret;
  #ticket: Ticket | undefined;
  #pending: Promise<Ticket> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** Whether a renewal is under way: a slow server must not get another one. */
  #isRenewing = false;
  /** Whether logging in again would ask somebody. */
  #hasSecondFactor = false;

  private constructor(
    options: RemoteRepositoryOptions,
    location: ServerLocation,
    secret: Secret,
  ) {
    this.#options = options;
    this.#location = location;
    this.#secret = secret;
  }

  /**
   * Finds the secret, without contacting the server.
   *
   * @throws {AuthError} if there is none.
   */
  static async prepare(
    options: RemoteRepositoryOptions,
    location: ServerLocation,
  ): Promise<ServerLogin> {
    return new ServerLogin(options, location, await findSecret(options, location));
  }

  /**
   * The fields of a request that say who sends it; logs in if need be.
   *
   * @param client Connects to the server; asks for these fields, but not for the login itself.
   */
  async fields(client: RestClient): Promise<HeaderField[]> {
    const { isToken, authId } = this.#location;
    if (isToken) return apiTokenFields(authId, this.#secret.text);
    const { ticket, csrfToken } = await this.#current(client);
    return ticketFields(ticket, csrfToken);
  }

  /**
   * Drops the ticket after a server has refused it, so that the next request logs in again with the
   * password: the server may have other keys now, or shorter lives of tickets than ours.
   *
   * @param startedMs When the refused call started; a ticket that is newer is kept.
   * @returns Whether it makes sense to try once more. It does not with a token or a remembered
   *   ticket, nor if somebody had to be asked for a second factor in the middle of a run.
   */
  dropRefused(startedMs: number): boolean {
    const ticket = this.#ticket;
    const isFinal = this.#location.isToken || this.#secret.isTicket || this.#hasSecondFactor;
    if (ticket === undefined || isFinal) return false;
    if (ticket.issuedAtMs <= startedMs) this.#ticket = undefined;
    return true;
  }

  /** Stops renewing. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #current(client: RestClient): Promise<Ticket> {
    const ticket = this.#ticket;
    // A machine that slept may have missed all renewals.
    if (ticket !== undefined && (!isTooOld(ticket) || this.#secret.isTicket)) return ticket;
    this.#pending ??= this.#logIn(client).finally(() => this.#pending = undefined);
    return await this.#pending;
  }

  async #logIn(client: RestClient): Promise<Ticket> {
    const { userId, host } = this.#location;
    let ticket: Ticket;
    try {
      ticket = await this.#request(client, { password: this.#secret.text });
      if (isHalfLogin(ticket.ticket)) ticket = await this.#secondStep(client, ticket.ticket);
    } catch (error) {
      if (!(error instanceof ServerError) || error.status !== 401) throw error;
      throw new AuthError(
        this.#secret.isTicket
          ? `the remembered ticket of ${userId} on ${host} was refused, "logout" removes it: ` +
            error.message
          : `login of ${userId} on ${host} was refused: ${error.message}`,
        { cause: error, situation: { kind: "login-refused", isToken: false } },
      );
    }
    this.#keep(ticket);
    if (this.#timer === undefined) {
      const periodMs = this.#options.timeouts?.renewalMs ?? RENEWAL_MS;
      this.#timer = setInterval(() => this.#renew(client), periodMs);
      // A program must not live on only to renew its ticket.
      Deno.unrefTimer(this.#timer);
    }
    return ticket;
  }

  async #renew(client: RestClient): Promise<void> {
    const current = this.#ticket;
    if (current === undefined || this.#pending !== undefined || this.#isRenewing) return;
    this.#isRenewing = true;
    try {
      const renewed = await this.#request(client, { password: current.ticket });
      if (isHalfLogin(renewed.ticket)) throw new AuthError("the server asks for a second factor");
      this.#keep(renewed);
    } catch (error) {
      const [reason] = describeError(error);
      this.#options.log?.("warn", `the ticket could not be renewed: ${reason}`);
    } finally {
      this.#isRenewing = false;
    }
  }

  /** Answers the challenge of a half login (spec: protocol.md §2.8). */
  async #secondStep(client: RestClient, halfTicket: string): Promise<Ticket> {
    const { userId } = this.#location;
    const challenge = parseChallenge(halfTicket, userId);
    this.#hasSecondFactor = true;
    if (!challenge.totp && !challenge.recovery) {
      const kinds = challenge.others.join(", ") || "no usable kind";
      throw new AuthError(
        `user ${userId} has a second factor (${kinds}) that this program cannot use: ` +
          "use an API token",
      );
    }
    const { askSecondFactor } = this.#options;
    if (askSecondFactor === undefined) {
      throw new AuthError(
        `user ${userId} has a second factor, and there is nobody to ask for it: ` +
          'use an API token, or "login" on a terminal',
      );
    }
    for (let attempt = 1;; attempt++) {
      const typed = await askSecondFactor({ ...challenge, attempt });
      const password = secondFactorPassword(challenge, typed);
      try {
        const ticket = await this.#request(client, { password, "tfa-challenge": halfTicket });
        if (!isHalfLogin(ticket.ticket)) return ticket;
        throw new CorruptDataError("the server asks for a second factor again and again");
      } catch (error) {
        const isWrong = error instanceof ServerError && error.status === 401;
        if (!isWrong || attempt >= SECOND_FACTOR_ATTEMPTS) throw error;
      }
    }
  }

  async #request(client: RestClient, secrets: Record<string, string>): Promise<Ticket> {
    const { userId } = this.#location;
    const issuedAtMs = Date.now();
    const parameters = { username: userId, ...secrets };
    const { data } = await client.call("POST", "access/ticket", parameters, { anonymous: true });
    const { ticket, CSRFPreventionToken: csrfToken } = (data ?? {}) as Record<string, unknown>;
    if (typeof ticket !== "string" || typeof csrfToken !== "string") {
      throw new CorruptDataError("the server's answer to the login has no ticket");
    }
    return { ticket, csrfToken, issuedAtMs };
  }

  #keep(ticket: Ticket): void {
    this.#ticket = ticket;
    const { host, userId } = this.#location;
    try {
      this.#options.ticketCache?.store(host, userId, {
        timestamp: Math.floor(ticket.issuedAtMs / 1000),
        ticket: ticket.ticket,
        token: ticket.csrfToken,
      });
    } catch (error) {
      if (!(error instanceof PbsError)) throw error;
      this.#options.onTicketNotStored?.(error.message);
    }
  }
}

function isTooOld(ticket: Ticket): boolean {
  return Date.now() - ticket.issuedAtMs >= TICKET_LIFETIME_SECONDS * 1000;
}

/** In the order of spec protocol.md §2.6: password, cached ticket, question. */
async function findSecret(
  options: RemoteRepositoryOptions,
  location: ServerLocation,
): Promise<Secret> {
  const { password, ticketCache, askPassword } = options;
  if (password !== undefined) return { text: password, isTicket: false };
  if (location.isToken) {
    throw new AuthError("API token secret must be provided!", {
      situation: { kind: "no-password", isToken: true },
    });
  }
  const cached = ticketCache?.load(location.host, location.userId);
  // The official client also remembers half logins.
  if (cached !== undefined && !isHalfLogin(cached.ticket)) {
    return { text: cached.ticket, isTicket: true };
  }
  if (askPassword === undefined) {
    throw new AuthError("no password input mechanism available", {
      situation: { kind: "no-password", isToken: false },
    });
  }
  return { text: await askPassword(location.userId), isTicket: false };
}
