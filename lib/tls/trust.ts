import { TrustError } from "../errors/mod.ts";

/** A certificate as a server presented it, before anything was sent to it. */
export interface PeerCertificate {
  /** SHA-256 over the leaf's DER form, lower-case hex pairs joined with colons. */
  readonly fingerprint: string;
  /** Whether chain and host name verify against the system's certificate authorities. */
  readonly trustedBySystem: boolean;
  /** Why they do not; a short code such as `DEPTH_ZERO_SELF_SIGNED_CERT`. */
  readonly problem?: string;
}

/** Reason why a certificate was accepted. */
export type TrustReason = "system" | "fingerprint" | "confirmed";

/** Instructions of a user about the server's certificate. */
export interface TrustOptions {
  /** The expected fingerprint; any case, with or without colons. */
  readonly fingerprint?: string;
  /**
   * Demands the expected fingerprint even of certificates that the system trusts. The official
   * client does not (spec: protocol.md §1.2, decision 1), so this is off unless asked for.
   */
  readonly pinned?: boolean;
  /** Asks the user; only called when nothing else has decided. */
  readonly confirm?: (certificate: PeerCertificate, expected?: string) => Promise<boolean>;
}

/**
 * The common form of a fingerprint: lower-case hex pairs joined with colons.
 *
 * @param text Hex digits in any case, with or without colons.
 * @throws {TrustError} if it is not 32 bytes of hex.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(normalizeFingerprint("AB".repeat(32)).slice(0, 8), "ab:ab:ab");
 * ```
 */
export function normalizeFingerprint(text: string): string {
  const hex = text.trim().toLowerCase().replaceAll(":", "");
  if (!/^[0-9a-f]{64}$/.test(hex)) throw new TrustError(`"${text}" is not a SHA-256 fingerprint`);
  return hex.match(/../g)!.join(":");
}

/**
 * Decides whether a server may be talked to (spec: protocol.md §1.2).
 *
 * @param certificate What the server presented.
 * @param options What the user has said.
 * @param server Its name, for the message.
 * @returns Why the certificate is acceptable.
 * @throws {TrustError} if it is not.
 */
export async function decideTrust(
  certificate: PeerCertificate,
  options: TrustOptions,
  server: string,
): Promise<TrustReason> {
  const expected = options.fingerprint === undefined
    ? undefined
    : normalizeFingerprint(options.fingerprint);
  const pinned = options.pinned === true && expected !== undefined;
  if (certificate.trustedBySystem && !pinned) return "system";
  if (expected === certificate.fingerprint) return "fingerprint";
  if (!pinned && await options.confirm?.(certificate, expected)) return "confirmed";
  throw new TrustError(
    expected === undefined
      ? `certificate of ${server} is not trusted (${
        certificate.problem ?? "unknown reason"
      }), its fingerprint is ${certificate.fingerprint}`
      : `certificate of ${server} has fingerprint ${certificate.fingerprint}, not the expected ${expected}`,
    { situation: { kind: "untrusted-certificate", fingerprint: certificate.fingerprint } },
  );
}
