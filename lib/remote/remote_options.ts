import type { Duplex, RateLimit } from "../duplex/mod.ts";
import type { HeaderField } from "../http/mod.ts";
import type { Proxy } from "../tls/mod.ts";
import type { ServerRepositoryAddress } from "../repository/mod.ts";
import type { FingerprintCache } from "./fingerprint_cache.ts";
import type { SecondFactorChallenge } from "./second_factor.ts";
import type { TicketCache } from "./ticket_cache.ts";

/** Severity of a line for people. */
export type RemoteLogLevel = "debug" | "info" | "warn" | "error";

/** How long a remote repository waits for a server. */
export interface RemoteTimeouts {
  /**
   * Time for the TCP connection, and again for the TLS handshake. Default 10 s (spec: protocol.md
   * §1.4).
   */
  readonly connectMs?: number;
  /** Time for the head of the answer to an HTTP/1.1 request. Default 120 s. */
  readonly headMs?: number;
  /**
   * For a sign of life on a backup or reader connection while requests are open: after this time
   * without a byte the server is pinged, after as long again the connection counts as lost.
   * Default 60 s.
   */
  readonly stallMs?: number;
  /** Between two renewals of the ticket. Default 15 min (spec: protocol.md §2.5). */
  readonly renewalMs?: number;
  /** Between two looks at the log of a running task. Default 1 s (spec: protocol.md §7.8). */
  readonly taskPollMs?: number;
}

/**
 * Address, secrets and questions of a remote repository. Its opener finds the secrets and asks the
 * user.
 */
export interface RemoteRepositoryOptions {
  readonly address: ServerRepositoryAddress;
  /** Password of the user or secret of the API token. Without it, a user's cached ticket counts. */
  readonly password?: string;
  /** Asks the user for the password when there is neither password nor ticket. */
  readonly askPassword?: (userId: string) => string | Promise<string>;
  /**
   * Asks the user for a code or a recovery key after the password was right (spec: protocol.md
   * §2.8). Asked again after a wrong answer. Without it, users with a second factor cannot log in.
   */
  readonly askSecondFactor?: (challenge: SecondFactorChallenge) => string | Promise<string>;
  readonly ticketCache?: TicketCache;
  /** A ticket could not be stored; the run goes on. */
  readonly onTicketNotStored?: (reason: string) => void;
  /** The fingerprint that was given; the cache is then neither read nor written. */
  readonly fingerprint?: string;
  readonly fingerprintCache?: FingerprintCache;
  /** Asks the user whether a certificate is the right one. */
  readonly confirmFingerprint?: (fingerprint: string) => boolean | Promise<boolean>;
  readonly proxy?: Proxy;
  /** Makes a connection to the server by a way of its own, which is trusted. */
  readonly connect?: () => Promise<Duplex>;
  /** Fields that say who sends a request, of somebody who is logged in already. */
  readonly authentication?: () => Iterable<HeaderField>;
  /** Limits of the network's use, each direction for itself (spec: protocol.md §1.6). */
  readonly limits?: RateLimit;
  /** Limits of a direction, instead of {@linkcode limits}. */
  readonly incomingLimit?: RateLimit;
  readonly outgoingLimit?: RateLimit;
  readonly timeouts?: RemoteTimeouts;
  /** A line for people. */
  readonly log?: (level: RemoteLogLevel, line: string) => void;
}

/** A server's datastore with every part settled. */
export interface ServerLocation {
  readonly authId: string;
  /** User part of the auth id. */
  readonly userId: string;
  readonly isToken: boolean;
  /** As written in the repository, IPv6 in brackets: the key of both caches. */
  readonly host: string;
  readonly port: number;
  readonly datastore: string;
}

const DEFAULT_AUTH_ID = "root@pam";
const DEFAULT_HOST = "localhost";
const DEFAULT_PORT = 8007;

/**
 * Fills in what an address leaves to its defaults (spec: cli.md §2.1).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const location = locateServer({ kind: "server", authId: "a!b@pbs!ci", datastore: "tank" });
 * assertEquals(location.userId, "a!b@pbs");
 * assertEquals(location.isToken, true);
 * assertEquals([location.host, location.port], ["localhost", 8007]);
 * ```
 */
export function locateServer(address: ServerRepositoryAddress): ServerLocation {
  const authId = address.authId ?? DEFAULT_AUTH_ID;
  // The user's name may hold "!" and "@": the token starts after the realm.
  const token = authId.indexOf("!", authId.lastIndexOf("@"));
  return {
    authId,
    userId: token < 0 ? authId : authId.slice(0, token),
    isToken: token >= 0,
    host: address.host ?? DEFAULT_HOST,
    port: address.port ?? DEFAULT_PORT,
    datastore: address.datastore,
  };
}
