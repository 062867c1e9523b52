import { ConnectionError, describeError, PbsError } from "../errors/mod.ts";
import { resolveSecret, type SecretReference } from "../secrets/mod.ts";

/** Shorter texts would take ordinary words out of messages. */
const LEAST_HIDDEN = 4;
const MARK = "[secret]";

/** The secrets of one delivery: what was resolved is taken out of what is said about it. */
export class Secrets {
  readonly #environment: { get(name: string): string | undefined };
  readonly #known = new Set<string>();

  /** @param environment Knows `CREDENTIALS_DIRECTORY`. */
  constructor(environment: { get(name: string): string | undefined }) {
    this.#environment = environment;
  }

  /** The secret behind a reference. @throws {UsageError} if there is none. */
  async resolve(reference: SecretReference): Promise<string> {
    const secret = await resolveSecret(reference, this.#environment);
    this.hide(secret);
    return secret;
  }

  /** Takes a text, and how a peer may have sent it back, for a secret. */
  hide(secret: string): void {
    if (secret.length < LEAST_HIDDEN) return;
    const bytes = new TextEncoder().encode(secret);
    for (const form of [secret, encodeURIComponent(secret), bytes.toBase64()]) {
      this.#known.add(form);
    }
  }

  /** A failure, with its causes, without the secrets. */
  withoutThem(error: unknown): Error {
    const text = this.hiddenIn(describeError(error).join(": "));
    return error instanceof ConnectionError ? new ConnectionError(text) : new PbsError(text);
  }

  /** A text without the secrets. */
  hiddenIn(text: string): string {
    // The longest first: one may be part of another.
    const known = [...this.#known].sort((a, b) => b.length - a.length);
    return known.reduce((rest, secret) => rest.replaceAll(secret, MARK), text);
  }
}
