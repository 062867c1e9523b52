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
  /** By fingerprint: the user is asked once, and all connections of a run share the answer. */
  readonly #verdicts = new Map<string, Promise<boolean>>();

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
        const { fingerprint } = certificate;
        const verdict = this.#verdicts.get(fingerprint) ?? this.#decide(certificate);
        this.#verdicts.set(fingerprint, verdict);
        return await verdict;
      },
    };
  }

  async #decide({ fingerprint, problem }: PeerCertificate): Promise<boolean> {
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
