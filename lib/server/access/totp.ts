import { Secret, TOTP } from "otpauth";
import encodeQR from "qr";
import { trimTextEnd } from "../../bytes/mod.ts";
import { UsageError } from "../../errors/mod.ts";

/** Parameters that every authenticator program takes for granted (RFC 6238). */
const PARAMETERS = { algorithm: "SHA1", digits: 6, period: 30 } as const;
/** Steps that a clock may be off, in each direction. */
const WINDOW_STEPS = 1;
const SECRET_BYTES = 20;
/** RFC 4226 asks for 128 bits at least. */
const MIN_SECRET_BYTES = 16;

/** A new random secret, in Base32. */
export function createTotpSecret(): string {
  return new Secret({ size: SECRET_BYTES }).base32;
}

/** Brings a secret into its usual form. @throws {UsageError} if it is not Base32, or too short. */
export function normalizeTotpSecret(text: string): string {
  const compact = trimTextEnd(text.replaceAll(/[\s-]/g, ""), "=").toUpperCase();
  if (!/^[A-Z2-7]+$/.test(compact)) throw new UsageError("the TOTP secret is not Base32");
  if (Secret.fromBase32(compact).bytes.length < MIN_SECRET_BYTES) {
    throw new UsageError(`the TOTP secret has less than ${8 * MIN_SECRET_BYTES} bits`);
  }
  return compact;
}

/** The address that authenticator programs read, usually from a QR code. */
export function totpUri(secret: string, userId: string, issuer: string): string {
  return new TOTP({ ...PARAMETERS, secret, label: userId, issuer }).toString();
}

/** A QR code of such an address, drawn for terminals. */
export function totpQrCode(uri: string): string {
  return encodeQR(uri, "ascii", { ecc: "low", border: 2 });
}

/**
 * Checks a code.
 *
 * @param nowMs Milliseconds since the epoch.
 * @returns The time step that the code is of, to refuse it the next time; undefined if it is wrong.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * // RFC 6238, appendix B, shortened to six digits.
 * assertEquals(totpStepOf("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "287082", 59_000), 1);
 * ```
 */
export function totpStepOf(secret: string, code: string, nowMs: number): number | undefined {
  if (!/^[0-9]{6}$/.test(code)) return undefined;
  const totp = new TOTP({ ...PARAMETERS, secret });
  const delta = totp.validate({ token: code, timestamp: nowMs, window: WINDOW_STEPS });
  return delta === null ? undefined : Math.floor(nowMs / 1000 / PARAMETERS.period) + delta;
}
