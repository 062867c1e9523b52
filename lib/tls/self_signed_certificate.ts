import net from "node:net";
import { UsageError } from "../errors/mod.ts";
import { der, derBits, derInteger, derObjectId, derSequence, derText, derTime } from "./_der.ts";

const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const COMMON_NAME = "2.5.4.3";
const KEY_USAGE = "2.5.29.15";
const SUBJECT_ALTERNATIVE_NAME = "2.5.29.17";
const BASIC_CONSTRAINTS = "2.5.29.19";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";

const BEGIN_CERTIFICATE = "-----BEGIN CERTIFICATE-----";
const END_CERTIFICATE = "-----END CERTIFICATE-----";

/** A certificate and its key, as a server's files. */
export interface CertificateAndKey {
  /** PEM text. */
  readonly certificate: string;
  /** PEM text (PKCS #8); a secret. */
  readonly privateKey: string;
  /** SHA-256 of the certificate, as clients are told it. */
  readonly fingerprint: string;
}

/**
 * Makes a P-256 key and a certificate signed by itself, for a server whose clients go by the
 * fingerprint (spec: protocol.md §1.2).
 *
 * @param options `names` are host names and addresses, the first becomes the subject; `days` is how
 * long it is valid, ten years unless given.
 * @throws {UsageError} if there is no name.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const made = await createSelfSignedCertificate({ names: ["localhost", "127.0.0.1"] });
 * assertEquals(made.fingerprint.length, 95);
 * ```
 */
export async function createSelfSignedCertificate(
  options: { names: readonly string[]; days?: number },
): Promise<CertificateAndKey> {
  const [subject] = options.names;
  if (subject === undefined) throw new UsageError("a certificate needs a name");
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
  const algorithm = derSequence(derObjectId(ECDSA_WITH_SHA256));
  const name = derSequence(der(0x31, derSequence(derObjectId(COMMON_NAME), derText(subject))));
  const serial = crypto.getRandomValues(new Uint8Array(16));
  serial[0] = serial[0]! & 0x7f | 0x40;
  // An hour back, for clients whose clocks are behind.
  const from = Date.now() - 3600_000;
  const until = from + (options.days ?? 3650) * 86400_000;
  const toBeSigned = derSequence(
    der(0xa0, derInteger(Uint8Array.of(2))),
    derInteger(serial),
    algorithm,
    name,
    derSequence(derTime(new Date(from)), derTime(new Date(until))),
    name,
    new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey)),
    der(
      0xa3,
      derSequence(
        extension(BASIC_CONSTRAINTS, true, derSequence()),
        extension(KEY_USAGE, true, derBits(Uint8Array.of(0x80), 7)),
        extension(EXTENDED_KEY_USAGE, false, derSequence(derObjectId(SERVER_AUTHENTICATION))),
        extension(
          SUBJECT_ALTERNATIVE_NAME,
          false,
          derSequence(...options.names.map(alternativeName)),
        ),
      ),
    ),
  );
  const signature = new Uint8Array(
    await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, keys.privateKey, toBeSigned),
  );
  const certificate = derSequence(
    toBeSigned,
    algorithm,
    derBits(derSequence(derInteger(signature.subarray(0, 32)), derInteger(signature.subarray(32)))),
  );
  const privateKey = new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
  return {
    certificate: pem("CERTIFICATE", certificate),
    privateKey: pem("PRIVATE KEY", privateKey),
    fingerprint: await certificateFingerprint(certificate),
  };
}

/**
 * SHA-256 of a certificate: lower-case hex pairs joined with colons.
 *
 * @param certificate DER bytes, or PEM text whose first certificate is taken.
 * @throws {UsageError} if the text holds no certificate.
 */
export async function certificateFingerprint(certificate: Uint8Array | string): Promise<string> {
  const bytes = typeof certificate === "string"
    ? firstCertificate(certificate)
    : Uint8Array.from(certificate);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function firstCertificate(text: string): Uint8Array<ArrayBuffer> {
  const begin = text.indexOf(BEGIN_CERTIFICATE);
  const end = text.indexOf(END_CERTIFICATE, begin);
  const base64 = text.slice(begin + BEGIN_CERTIFICATE.length, end);
  if (begin < 0 || end < 0 || !/^[A-Za-z0-9+/=\s]+$/.test(base64)) {
    throw new UsageError("no certificate in PEM form found");
  }
  return Uint8Array.from(
    atob(base64.replace(/\s/g, "")),
    (character) => character.charCodeAt(0),
  );
}

function extension(id: string, critical: boolean, value: Uint8Array): Uint8Array {
  return derSequence(
    derObjectId(id),
    ...critical ? [der(0x01, Uint8Array.of(0xff))] : [],
    der(0x04, value),
  );
}

function alternativeName(name: string): Uint8Array {
  switch (net.isIP(name)) {
    case 4:
      return der(0x87, Uint8Array.from(name.split("."), Number));
    case 6:
      return der(0x87, ipv6Bytes(name));
    default:
      return der(0x82, new TextEncoder().encode(name));
  }
}

/** The 16 bytes of a valid IPv6 address. */
function ipv6Bytes(address: string): Uint8Array {
  // URL parsing writes out an embedded IPv4 address and nothing but hex groups and one "::".
  const [head = "", tail] = new URL(`http://[${address.split("%")[0]}]/`).hostname.slice(1, -1)
    .split("::");
  const groups = (text: string) => text === "" ? [] : text.split(":").map((g) => parseInt(g, 16));
  const left = groups(head);
  const right = groups(tail ?? "");
  const all = [...left, ...Array(8 - left.length - right.length).fill(0), ...right];
  return Uint8Array.from(all.flatMap((group: number) => [group >>> 8, group & 0xff]));
}

function pem(label: string, bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes)).replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`;
}
