import { normalizeFingerprint, type PeerCertificate, type TrustOptions } from "../tls/mod.ts";
import { TrustError } from "../errors/mod.ts";
import type { FingerprintCache } from "./fingerprint_cache.ts";
import type { RemoteRepositoryOptions } from "./remote_options.ts";

/**
 * Decides about a server's certificate where the system's authorities do not vouch for it: by the
 * fingerprint that was given, else the remembered one, else by asking (spec: protocol.md §1.2).
 */
export class ServerTrust {
  readonly #options: RemoteRepositoryOptions;
  readonly #host: string;
  readonly #server: string;
  /** In use unless a fingerprint was given. */
  readonly #cache: FingerprintCache | undefined;
  /** As it was given or remembered; may be no fingerprint at all. */
  readonly #expected: string | undefined;
  /** By fingerprint: the user is asked once, and all connections of a run share the answer. */
  readonly #verdicts = new Map<string, Promise<boolean>>();
  /** The fingerprint that the user has confirmed. */
  #accepted: string | undefined;

  /**
   * @param host Key of the fingerprint cache.
   * @param port For messages.
   */
  constructor(options: RemoteRepositoryOptions, host: string, port: number) {
    this.#options = options;
    this.#host = host;
    this.#server = `${host}:${port}`;
    this.#cache = options.fingerprint === undefined ? options.fingerprintCache : undefined;
    this.#expected = options.fingerprint ?? this.#cache?.load(host);
  }

  /**
   * Options of a connection. A fingerprint that is expected saves the handshake that would find out
   * what the system thinks of the certificate.
   */
  get tlsOptions(): TrustOptions {
    const expected = this.#accepted ?? normalized(this.#expected);
    return {
      ...(expected === undefined ? {} : { fingerprint: expected }),
      confirm: async (certificate) => {
        const { fingerprint } = certificate;
        const verdict = this.#verdicts.get(fingerprint) ?? this.#decide(certificate);
        this.#verdicts.set(fingerprint, verdict);
        return await verdict;
      },
    };
  }

  /** Called for a certificate that neither the system nor the expected fingerprint vouches for. */
  async #decide({ fingerprint, problem }: PeerCertificate): Promise<boolean> {
    const { confirmFingerprint, log } = this.#options;
    const expected = this.#expected;
    if (expected !== undefined) {
      log?.("warn", "WARNING: certificate fingerprint does not match expected fingerprint!");
      log?.("warn", `expected:    ${expected}`);
    }
    if (!await confirmFingerprint?.(fingerprint)) {
      const reason = expected === undefined ? problem ?? "unknown" : "another was expected";
      throw new TrustError(
        `certificate validation failed - the fingerprint ${fingerprint} of ${this.#server} ` +
          `was not confirmed (${reason})`,
        { situation: { kind: "untrusted-certificate", fingerprint } },
      );
    }
    this.#accepted = fingerprint;
    const notStored = this.#cache?.store(this.#host, fingerprint);
    if (notStored !== undefined) log?.("warn", `fingerprint is not remembered: ${notStored}`);
    return true;
  }
}

/** The common form; undefined for a text that is no fingerprint and so matches none. */
function normalized(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return normalizeFingerprint(text);
  } catch {
    return undefined;
  }
}
