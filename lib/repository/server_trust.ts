import { normalizeFingerprint, type PeerCertificate, type TrustOptions } from "../http/mod.ts";
import { TrustError } from "../errors/mod.ts";
import type { RemoteRepositoryOptions } from "./remote_options.ts";

/**
 * Decides about a server's certificate where the system's authorities do not vouch for it: by the
 * fingerprint that was given, else the remembered one, else by asking (spec: protocol.md §1.2).
 */
export class ServerTrust {
  readonly #options: RemoteRepositoryOptions;
  readonly #host: string;
  readonly #server: string;
  /** Accepted in this run: the user is not asked again for the next connection. */
  #accepted: string | undefined;
  #lastDecision: Promise<unknown> = Promise.resolve();

  /**
   * @param host Key of the fingerprint cache.
   * @param port For messages.
   */
  constructor(options: RemoteRepositoryOptions, host: string, port: number) {
    this.#options = options;
    this.#host = host;
    this.#server = `${host}:${port}`;
  }

  /** What to connect with. */
  get tlsOptions(): TrustOptions {
    return {
      confirm: async (certificate) => {
        // One question at a time, so that its answer counts for all connections.
        const decided = this.#lastDecision.then(() => this.#decide(certificate));
        this.#lastDecision = decided.catch(() => {});
        return await decided;
      },
    };
  }

  async #decide({ fingerprint, problem }: PeerCertificate): Promise<boolean> {
    if (fingerprint === this.#accepted) return true;
    const { fingerprint: given, fingerprintCache, confirmFingerprint, log } = this.#options;
    const cache = given === undefined ? fingerprintCache : undefined;
    const expected = given ?? cache?.load(this.#host);
    const isExpected = expected !== undefined && normalized(expected) === fingerprint;
    if (!isExpected) {
      if (expected !== undefined) {
        log?.("warn", "WARNING: certificate fingerprint does not match expected fingerprint!");
        log?.("warn", `expected:    ${expected}`);
      }
      if (!await confirmFingerprint?.(fingerprint)) {
        const reason = expected === undefined ? problem ?? "unknown" : "another was expected";
        throw new TrustError(
          `certificate validation failed - the fingerprint ${fingerprint} of ${this.#server} ` +
            `was not confirmed (${reason})`,
        );
      }
    }
    this.#accepted = fingerprint;
    if (cache !== undefined && expected !== fingerprint) {
      const reason = cache.store(this.#host, fingerprint);
      if (reason !== undefined) log?.("warn", `fingerprint is not remembered: ${reason}`);
    }
    return true;
  }
}

/** The common form; undefined for a text that is no fingerprint and so matches none. */
function normalized(text: string): string | undefined {
  try {
    return normalizeFingerprint(text);
  } catch {
    return undefined;
  }
}
