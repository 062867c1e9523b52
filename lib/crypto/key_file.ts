import { CorruptDataError } from "../errors/mod.ts";
import { formatFingerprint, parseFingerprint } from "./fingerprint.ts";
import { MAX_KEY_FILE_LENGTH } from "./format.ts";
import type { KeyDerivation } from "./key_derivation.ts";
import { formatTimestamp, localZone, parseTimestamp, type ZoneOffset } from "./timestamp.ts";

/** The contents of a key file (spec: datastore-formats.md §5.1). */
export interface KeyFile {
  /** Undefined if `data` is the raw key itself. */
  readonly derivation: KeyDerivation | undefined;
  /** Seconds since the epoch. */
  readonly created: number;
  /** Seconds since the epoch. */
  readonly modified: number;
  /** The raw key, or IV, tag and encrypted key. */
  readonly data: Uint8Array;
  /** 32 bytes; very old files have none. */
  readonly fingerprint: Uint8Array | undefined;
  /** Reminds of the passphrase. */
  readonly hint: string | undefined;
}

/**
 * Reads a key file's text, members in any order.
 *
 * @param text JSON.
 * @param name What messages call it, usually its path.
 * @throws {CorruptDataError} if it is not a key file.
 */
export function parseKeyFile(text: string, name = "key file"): KeyFile {
  if (text.length > MAX_KEY_FILE_LENGTH) {
    throw new CorruptDataError(`${name} is not a key file: ${text.length} characters are too many`);
  }
  try {
    return readMembers(asObject(parseJson(text)));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CorruptDataError(`${name} is not a key file: ${error.message}`);
  }
}

/**
 * The text of a key file: compact, members in the reference's order, times of this machine's zone.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const text = serializeKeyFile({
 *   derivation: undefined,
 *   created: 1700000000,
 *   modified: 1700000000,
 *   data: new Uint8Array(32),
 *   fingerprint: new Uint8Array(32),
 *   hint: undefined,
 * });
 * assertEquals(text.length, 255);
 * assertEquals(parseKeyFile(text).created, 1700000000);
 * ```
 */
export function serializeKeyFile(file: KeyFile, zone: ZoneOffset = localZone): string {
  return JSON.stringify({
    kdf: derivationMembers(file.derivation),
    created: formatTimestamp(file.created, zone),
    modified: formatTimestamp(file.modified, zone),
    data: file.data.toBase64(),
    ...(file.fingerprint && { fingerprint: formatFingerprint(file.fingerprint) }),
    ...(file.hint !== undefined && { hint: file.hint }),
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may hold a raw key.
    throw new SyntaxError("not valid JSON");
  }
}

function readMembers(members: Record<string, unknown>): KeyFile {
  return {
    derivation: parseDerivation(members.kdf ?? null),
    created: parseTimestamp(asText(members, "created")),
    modified: parseTimestamp(asText(members, "modified")),
    data: parseBase64(asText(members, "data")),
    fingerprint: (members.fingerprint ?? null) === null
      ? undefined
      : parseFingerprint(asText(members, "fingerprint")),
    hint: (members.hint ?? null) === null ? undefined : asText(members, "hint"),
  };
}

function derivationMembers(derivation: KeyDerivation | undefined): unknown {
  if (derivation === undefined) return null;
  const salt = derivation.salt.toBase64();
  return derivation.kind === "scrypt"
    ? { Scrypt: { n: derivation.n, r: derivation.r, p: derivation.p, salt } }
    : { PBKDF2: { iter: derivation.iterations, salt } };
}

function parseDerivation(value: unknown): KeyDerivation | undefined {
  if (value === null) return undefined;
  const entries = Object.entries(asObject(value));
  const [variant, parameters] = entries[0] ?? ["", {}];
  if (entries.length === 1 && variant === "Scrypt") {
    const members = asObject(parameters);
    return {
      kind: "scrypt",
      n: asInteger(members, "n"),
      r: asInteger(members, "r"),
      p: asInteger(members, "p"),
      salt: parseBase64(asText(members, "salt")),
    };
  }
  if (entries.length === 1 && variant === "PBKDF2") {
    const members = asObject(parameters);
    return {
      kind: "pbkdf2",
      iterations: asInteger(members, "iter"),
      salt: parseBase64(asText(members, "salt")),
    };
  }
  throw new SyntaxError(`unknown key derivation "${variant.slice(0, 40)}"`);
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SyntaxError("an object was expected");
  }
  return value as Record<string, unknown>;
}

function asText(members: Record<string, unknown>, key: string): string {
  const value = members[key];
  if (typeof value !== "string") throw new SyntaxError(`member "${key}" is missing or no text`);
  return value;
}

function asInteger(members: Record<string, unknown>, key: string): number {
  const value = members[key];
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    throw new SyntaxError(`member "${key}" is missing or no integer`);
  }
  return value;
}

/** Standard alphabet with padding and nothing else; the built-in decoder is more lenient. */
function parseBase64(text: string): Uint8Array {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
    throw new SyntaxError("a member is not base64 with padding");
  }
  return Uint8Array.fromBase64(text);
}
