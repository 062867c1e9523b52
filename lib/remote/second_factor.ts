import { CorruptDataError } from "../errors/mod.ts";

/** Start of the ticket of half a login (spec: protocol.md §2.8). */
const HALF_LOGIN = "PBS:!tfa!";
/** Far more than a challenge needs. */
const MAX_CHALLENGE_LENGTH = 64 * 1024;
/** Codes of authenticator programs have 6 digits, rarely more. */
const TOTP_CODE = /^[0-9]{6,10}$/;

/** Proofs that a server wants beside a password (spec: protocol.md §2.8). */
export interface SecondFactorChallenge {
  readonly userId: string;
  /** Whether a code of an authenticator program will do. */
  readonly totp: boolean;
  /** Whether a recovery key will do. */
  readonly recovery: boolean;
  /** Kinds that are not text to be typed, as the server calls them. */
  readonly others: readonly string[];
  /** 1 for the first question; more after answers that were wrong. */
  readonly attempt: number;
}

/** Whether a ticket is that of half a login: it authenticates nothing. */
export function isHalfLogin(ticket: string): boolean {
  return ticket.startsWith(HALF_LOGIN);
}

/**
 * Reads what half a login asks for.
 *
 * @param ticket Of the first step, `PBS:!tfa!<challenge>:<time>::<signature>`.
 * @throws {CorruptDataError} if it is anything else.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const challenge = parseChallenge('PBS:!tfa!{"totp"%3Atrue}:65A1B2C3::c2ln', "joe@pbs");
 * assertEquals([challenge.totp, challenge.recovery], [true, false]);
 * ```
 */
export function parseChallenge(ticket: string, userId: string): SecondFactorChallenge {
  let members: unknown;
  try {
    if (!isHalfLogin(ticket) || ticket.length > MAX_CHALLENGE_LENGTH) throw new SyntaxError();
    const [text = ""] = ticket.slice(HALF_LOGIN.length).split(":", 1);
    members = JSON.parse(decodeURIComponent(text));
  } catch (cause) {
    throw new CorruptDataError("the server's question for a second factor cannot be read", {
      cause,
    });
  }
  if (typeof members !== "object" || members === null || Array.isArray(members)) {
    throw new CorruptDataError("the server's question for a second factor is no object");
  }
  const kinds = Object.entries(members).filter(([, state]) => isAvailable(state))
    .map(([kind]) => kind);
  return {
    userId,
    totp: kinds.includes("totp"),
    recovery: kinds.includes("recovery"),
    others: kinds.filter((kind) => kind !== "totp" && kind !== "recovery"),
    attempt: 1,
  };
}

/**
 * The `password` of the second step for what somebody typed.
 *
 * @param typed A code or a recovery key; blanks do not count.
 */
export function secondFactorPassword(
  { totp, recovery }: SecondFactorChallenge,
  typed: string,
): string {
  const text = typed.replaceAll(/\s/g, "");
  const isCode = totp && (TOTP_CODE.test(text) || !recovery);
  return `${isCode ? "totp" : "recovery"}:${text}`;
}

/** The state of recovery keys may be a list of those that are left. */
function isAvailable(state: unknown): boolean {
  return Array.isArray(state) ? state.length > 0 : state !== null && state !== false;
}
