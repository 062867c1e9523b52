import { decodeHex, encodeHex } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import {
  BACKUP_TYPES,
  type BackupSnapshot,
  CRYPT_MODES,
  type CryptMode,
} from "../repository/mod.ts";
import { type Json, parseJson, writeJson } from "./_json.ts";
import type { Manifest, ManifestFile } from "./manifest.ts";

/**
 * Reads a manifest's JSON text (spec: datastore-formats.md §4.2). Unknown members are ignored,
 * except in `unprotected`.
 *
 * @param text JSON in any formatting.
 * @param name What messages call it.
 * @throws {CorruptDataError} if a member is missing or has a wrong value.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const text = `{"backup-type":"vm","backup-id":"100","backup-time":1700000000,"files":[]}`;
 * assertEquals(parseManifest(text).snapshot, { type: "vm", id: "100", time: 1700000000 });
 * ```
 */
export function parseManifest(text: string, name = "manifest"): Manifest {
  const root = new Members(parseJson(text, name), name);
  const files = root.get("files");
  if (!Array.isArray(files)) throw root.wrong("files", "an array");
  const unprotected = root.get("unprotected") ?? new Map<string, Json>();
  if (!(unprotected instanceof Map)) throw root.wrong("unprotected", "an object");
  return {
    snapshot: {
      type: root.oneOf("backup-type", BACKUP_TYPES),
      id: root.text("backup-id"),
      time: root.integer("backup-time", Number.MIN_SAFE_INTEGER),
    },
    files: files.map((file: Json, i) => parseFile(new Members(file, `${name}, file ${i}`))),
    unprotected,
    signature: parseSignature(root),
  };
}

function parseFile(file: Members): ManifestFile {
  return {
    filename: file.text("filename"),
    cryptMode: file.has("crypt-mode") ? file.oneOf("crypt-mode", CRYPT_MODES) : "none", // very old manifests
    size: file.integer("size", 0),
    checksum: decodeHex(file.hexDigits("csum")),
  };
}

function parseSignature(root: Members): string | undefined {
  return (root.get("signature") ?? null) === null
    ? undefined
    : root.hexDigits("signature").toLowerCase();
}

/** The members of one object, read with checks. */
class Members {
  readonly #members: ReadonlyMap<string, Json>;

  constructor(value: Json, readonly what: string) {
    if (!(value instanceof Map)) throw new CorruptDataError(`${what} is damaged: not an object`);
    this.#members = value;
  }

  has(key: string): boolean {
    return this.#members.has(key);
  }

  get(key: string): Json | undefined {
    return this.#members.get(key);
  }

  wrong(key: string, expected: string): CorruptDataError {
    const problem = this.has(key) ? `is not ${expected}` : "is missing";
    return new CorruptDataError(`${this.what} is damaged: member "${key}" ${problem}`);
  }

  text(key: string): string {
    const value = this.get(key);
    if (typeof value !== "string") throw this.wrong(key, "a text");
    return value;
  }

  integer(key: string, minimum: number): number {
    const value = this.get(key);
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < minimum) {
      throw this.wrong(key, "an integer in range");
    }
    return value;
  }

  oneOf<T extends string>(key: string, values: readonly T[]): T {
    const value = this.get(key);
    const found = values.find((candidate) => candidate === value);
    if (found === undefined) throw this.wrong(key, `one of ${values.join(", ")}`);
    return found;
  }

  hexDigits(key: string): string {
    const value = this.get(key);
    if (typeof value !== "string" || !/^[0-9a-fA-F]{64}$/.test(value)) {
      throw this.wrong(key, "a sequence of 64 hex digits");
    }
    return value;
  }
}

/**
 * The text that is stored: members sorted, two spaces of indent, no final newline (datastore-formats.md §4.4).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createManifest } from "./manifest.ts";
 * const manifest = createManifest({ type: "host", id: "elsa", time: 1700000000 });
 * assertEquals(parseManifest(serializeManifest(manifest)), manifest);
 * ```
 */
export function serializeManifest(manifest: Manifest): string {
  const members = signedMembers(manifest);
  members.set("signature", manifest.signature ?? null);
  members.set("unprotected", manifest.unprotected);
  return writeJson(members, 2);
}

/** The text that is signed: canonical JSON of everything that is protected (datastore-formats.md §4.5). */
export function canonicalManifest(manifest: Manifest): string {
  return writeJson(signedMembers(manifest), 0);
}

function signedMembers({ snapshot, files }: Manifest): Map<string, Json> {
  return new Map<string, Json>([
    ["backup-id", snapshot.id],
    ["backup-time", snapshot.time],
    ["backup-type", snapshot.type satisfies BackupSnapshot["type"]],
    [
      "files",
      files.map((file): Json =>
        new Map<string, Json>([
          ["crypt-mode", file.cryptMode satisfies CryptMode],
          ["csum", encodeHex(file.checksum)],
          ["filename", file.filename],
          ["size", file.size],
        ])
      ),
    ],
  ]);
}
