import { bytesEqual } from "../bytes/mod.ts";
import type { CryptConfig } from "../crypto/mod.ts";
import { CorruptDataError, UsageError } from "../errors/mod.ts";
import {
  checkKeyFingerprint,
  checkSignature,
  keyFingerprintOf,
  type Manifest,
} from "../manifest/mod.ts";

/**
 * Change of a snapshot's protection. `reencrypt`: what is encrypted or signed gets another key;
 * `encrypt`: what has no key is encrypted; `decrypt`: what has a key has none afterwards.
 */
export type RecodingKind = "reencrypt" | "encrypt" | "decrypt";

/** How the protection of snapshots changes on their way. Those that no kind fits stay as they are. */
export interface Recoding {
  readonly kinds: ReadonlySet<RecodingKind>;
  /** Key of the source; for `reencrypt` and `decrypt`. */
  readonly sourceKey?: CryptConfig | undefined;
  /** Key of the copies; for `reencrypt` and `encrypt`. */
  readonly targetKey?: CryptConfig | undefined;
}

/** Change of one snapshot. */
export interface SnapshotRecoding {
  readonly kind: RecodingKind;
  /** Key that the source is encrypted and signed with. */
  readonly from: CryptConfig | undefined;
  /** Key that the copy is encrypted and signed with. */
  readonly to: CryptConfig | undefined;
}

/** Checks that the keys are there that the kinds need. @throws {UsageError} if not. */
export function checkRecoding({ kinds, sourceKey, targetKey }: Recoding): void {
  if (kinds.has("reencrypt") && kinds.has("decrypt")) {
    throw new UsageError("snapshots with a key are either encrypted anew or decrypted");
  }
  const needsSource = kinds.has("reencrypt") || kinds.has("decrypt");
  if (needsSource && sourceKey === undefined) {
    throw new UsageError("the key of the source is missing");
  }
  const needsTarget = kinds.has("reencrypt") || kinds.has("encrypt");
  if (needsTarget && targetKey === undefined) {
    throw new UsageError("the key of the copies is missing");
  }
  const isSame = sourceKey !== undefined && targetKey !== undefined &&
    bytesEqual(sourceKey.fingerprint, targetKey.fingerprint);
  if (kinds.has("reencrypt") && isSame) {
    throw new UsageError("the key of the copies is that of the source: a plain copy keeps it");
  }
}

/**
 * The change that a snapshot gets; undefined if it stays as it is.
 *
 * @throws {KeyError} if it was made with another key than that of the source.
 * @throws {CorruptDataError} if its signature is wrong, or missing: nobody vouches for it, and a new one
 *   would.
 */
export function recodingOf(
  manifest: Manifest,
  { kinds, sourceKey, targetKey }: Recoding,
): SnapshotRecoding | undefined {
  const hasKey = keyFingerprintOf(manifest) !== undefined || manifest.signature !== undefined ||
    manifest.files.some(({ cryptMode }) => cryptMode !== "none");
  if (!hasKey) {
    return kinds.has("encrypt") ? { kind: "encrypt", from: undefined, to: targetKey } : undefined;
  }
  const kind = kinds.has("reencrypt") ? "reencrypt" : kinds.has("decrypt") ? "decrypt" : undefined;
  if (kind === undefined || sourceKey === undefined) return undefined;
  checkKeyFingerprint(manifest, sourceKey);
  if (checkSignature(manifest, sourceKey) === "unsigned") {
    throw new CorruptDataError("the manifest's signature is missing, so nobody vouches for it");
  }
  return { kind, from: sourceKey, to: kind === "reencrypt" ? targetKey : undefined };
}
