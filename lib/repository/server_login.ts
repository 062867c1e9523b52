import {
  AuthError,
  CorruptDataError,
  describeError,
  PbsError,
  ServerError,
} from "../errors/mod.ts";
import { apiTokenFields, type HeaderField, type RestClient, ticketFields } from "../http/mod.ts";
import type { RemoteRepositoryOptions, ServerLocation } from "./remote_options.ts";
import { TICKET_LIFETIME_SECONDS } from "./ticket_cache.ts";

/** Between two renewals (spec: protocol.md §2.5). */
const RENEWAL_MS = 15 * 60_000;
/** What the ticket of half a login has in it (spec: protocol.md §2.8). */
const SECOND_FACTOR_MARK = ":!tfa!";

interface Ticket {
  readonly ticket: string;
  readonly csrfToken: string;
  readonly issuedAtMs: number;
}

/** What to log in with. */
interface Secret {
  readonly text: string;
  /** A cached ticket instead of the password. */
  readonly isTicket: boolean;
}

/**
 * Who we are for a server: an API token, or a user whose ticket is fetched with the first request and
 * renewed for as long as the repository is open (spec: protocol.md §2.5).
 */
export class ServerLogin {
  readonly #options: RemoteRepositoryOptions;
  readonly #location: ServerLocation;
  readonly #secret: Secret;
  #ticket: Ticket | undefined;
  #pending: Promise<Ticket> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

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
      ticket = await this.#request(client, this.#secret.text);
    } catch (error) {
      if (!(error instanceof ServerError) || error.status !== 401) throw error;
      throw new AuthError(
        this.#secret.isTicket
          ? `the remembered ticket of ${userId} on ${host} was refused, "logout" removes it: ` +
            error.message
          : `login of ${userId} on ${host} was refused: ${error.message}`,
        { cause: error },
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
    if (current === undefined || this.#pending !== undefined) return;
    try {
      this.#keep(await this.#request(client, current.ticket));
    } catch (error) {
      const [reason] = describeError(error);
      this.#options.log?.("warn", `the ticket could not be renewed: ${reason}`);
    }
  }

  async #request(client: RestClient, password: string): Promise<Ticket> {
    const { userId } = this.#location;
    const issuedAtMs = Date.now();
    const parameters = { username: userId, password };
    const { data } = await client.call("POST", "access/ticket", parameters, { anonymous: true });
    const { ticket, CSRFPreventionToken: csrfToken } = (data ?? {}) as Record<string, unknown>;
    if (typeof ticket !== "string" || typeof csrfToken !== "string") {
      throw new CorruptDataError("the server's answer to the login has no ticket");
    }
    if (ticket.includes(SECOND_FACTOR_MARK)) {
      throw new AuthError(
        `user ${userId} has a second factor, which this program cannot ask for: use an API token`,
      );
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
  if (location.isToken) throw new AuthError("API token secret must be provided!");
  const cached = ticketCache?.load(location.host, location.userId);
  if (cached !== undefined) return { text: cached.ticket, isTicket: true };
  if (askPassword === undefined) throw new AuthError("no password input mechanism available");
  return { text: await askPassword(location.userId), isTicket: false };
}
