import type { Duplex } from "../../duplex/mod.ts";
import { ServerError } from "../../errors/mod.ts";
import type { IncomingRequest } from "../../http/mod.ts";
import { PageError, type PageLoginResult, PageParameters } from "../../page/mod.ts";
import { isHalfLogin, parseChallenge, secondFactorPassword } from "../../remote/mod.ts";
import { RestClient } from "../../rest/mod.ts";

const MAX_CHALLENGE = 4096;
const MAX_BODY_BYTES = 16 * 1024;
/** Names are given without a realm by people who know of none. */
const DEFAULT_REALM = "pbs";

type Connect = () => Promise<Duplex>;

/** A ticket, and what requests show with it that they were meant. */
export interface PageTicket {
  readonly userId: string;
  readonly ticket: string;
  readonly csrfToken: string;
}

/**
 * A step of a login (spec: protocol.md §2.1, §2.8).
 *
 * @throws {PageError} with `login` if it was refused.
 */
export async function logIn(
  request: IncomingRequest,
  connect: Connect,
): Promise<PageTicket | Exclude<PageLoginResult, { readonly state: "complete" }>> {
  const parameters = await PageParameters.ofBody(request, MAX_BODY_BYTES);
  const name = parameters.text("user", 128);
  const userId = name.includes("@") ? name : `${name}@${DEFAULT_REALM}`;
  const typed = parameters.text("password");
  const halfTicket = parameters.optionalText("challenge", MAX_CHALLENGE);
  const secrets: Record<string, string> = halfTicket === undefined
    // A ticket is taken for a password as well, but nobody types one.
    ? { password: typed.startsWith("PBS:") ? "" : typed }
    : {
      password: secondFactorPassword(parseChallenge(halfTicket, userId), typed),
      "tfa-challenge": halfTicket,
    };
  const ticket = await askTicket(connect, userId, secrets);
  if (!isHalfLogin(ticket.ticket)) return ticket;
  const { totp, recovery } = parseChallenge(ticket.ticket, userId);
  return { state: "second-factor", challenge: ticket.ticket, totp, recovery };
}

/** A fresh ticket for one that is still good. */
export async function renew(
  connect: Connect,
  userId: string,
  ticket: string,
): Promise<PageTicket> {
  return await askTicket(connect, userId, { password: ticket });
}

async function askTicket(
  connect: Connect,
  userId: string,
  secrets: Record<string, string>,
): Promise<PageTicket> {
  const client = new RestClient({ connect, authority: "localhost" });
  try {
    const { data } = await client.call("POST", "access/ticket", { username: userId, ...secrets });
    const { ticket, CSRFPreventionToken } = data as Record<string, string>;
    return { userId, ticket: ticket!, csrfToken: CSRFPreventionToken! };
  } catch (error) {
    if (!(error instanceof ServerError) || error.status !== 401) throw error;
    throw new PageError("login", "the login was refused", { cause: error });
  } finally {
    await client.close();
  }
}
