import { parseFingerprint } from "../crypto/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type { Json } from "./_json.ts";
import { UNPROTECTED_KEYS } from "./format.ts";
import type { Manifest } from "./manifest.ts";

/** Counters of a server from the writing of a snapshot (spec: datastore-formats.md §4.3). */
export interface ChunkUploadStats {
  readonly count: number;
  /** Bytes. */
  readonly size: number;
  /** Bytes. */
  readonly compressedSize: number;
  readonly duplicates: number;
}

/** Result of the last verification. */
export interface VerifyState {
  /** The task that verified. */
  readonly upid: string;
  readonly state: "ok" | "failed";
}

/**
 * The fingerprint of the key a manifest was made with, 32 bytes; undefined if without key.
 *
 * @throws {CorruptDataError} if it is there and not a fingerprint.
 */
export function keyFingerprintOf(manifest: Manifest): Uint8Array | undefined {
  const text = manifest.unprotected.get(UNPROTECTED_KEYS.keyFingerprint);
  if (text === undefined || text === null) return undefined;
  if (typeof text === "string") {
    try {
      return parseFingerprint(text);
    } catch (cause) {
      throw new CorruptDataError("manifest is damaged: its key fingerprint is none", { cause });
    }
  }
  throw new CorruptDataError("manifest is damaged: its key fingerprint is none");
}

/** The notes of a snapshot; undefined if there are none. */
export function notesOf(manifest: Manifest): string | undefined {
  const notes = manifest.unprotected.get(UNPROTECTED_KEYS.notes);
  return typeof notes === "string" ? notes : undefined;
}

/** The result of the last verification; undefined if there is none, or an unreadable one. */
export function verifyStateOf(manifest: Manifest): VerifyState | undefined {
  const value = manifest.unprotected.get(UNPROTECTED_KEYS.verifyState);
  if (!(value instanceof Map)) return undefined;
  const upid = value.get("upid");
  const state = value.get("state");
  return typeof upid === "string" && (state === "ok" || state === "failed")
    ? { upid, state }
    : undefined;
}

/** The upload statistics; undefined if there are none, or unreadable ones. */
export function chunkUploadStatsOf(manifest: Manifest): ChunkUploadStats | undefined {
  const value = manifest.unprotected.get(UNPROTECTED_KEYS.chunkUploadStats);
  if (!(value instanceof Map)) return undefined;
  const [count, size, compressedSize, duplicates] = [
    "count",
    "size",
    "compressed_size",
    "duplicates",
  ].map((key) => value.get(key));
  return typeof count === "number" && typeof size === "number" &&
      typeof compressedSize === "number" && typeof duplicates === "number"
    ? { count, size, compressedSize, duplicates }
    : undefined;
}

/** A manifest with other notes; undefined removes them. The signature stays valid. */
export function withNotes(manifest: Manifest, notes: string | undefined): Manifest {
  return withUnprotected(manifest, UNPROTECTED_KEYS.notes, notes);
}

/** A member of `unprotected` that this room does not know; undefined if there is none. */
export function unprotectedMember(manifest: Manifest, key: string): Json | undefined {
  return manifest.unprotected.get(key);
}

/** A manifest with the result of a verification. */
export function withVerifyState(manifest: Manifest, { upid, state }: VerifyState): Manifest {
  return withUnprotected(
    manifest,
    UNPROTECTED_KEYS.verifyState,
    new Map([["upid", upid], ["state", state]]),
  );
}

/** A manifest with upload statistics. */
export function withChunkUploadStats(manifest: Manifest, stats: ChunkUploadStats): Manifest {
  return withUnprotected(
    manifest,
    UNPROTECTED_KEYS.chunkUploadStats,
    new Map([
      ["count", stats.count],
      ["size", stats.size],
      ["compressed_size", stats.compressedSize],
      ["duplicates", stats.duplicates],
    ]),
  );
}

/**
 * A manifest with one member of `unprotected` set, or removed if undefined; all others are kept.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createManifest } from "./manifest.ts";
 * const manifest = createManifest({ type: "host", id: "elsa", time: 1700000000 });
 * assertEquals(notesOf(withUnprotected(manifest, "notes", "first")), "first");
 * ```
 */
export function withUnprotected(
  manifest: Manifest,
  key: string,
  value: Json | undefined,
): Manifest {
  const unprotected = new Map(manifest.unprotected);
  if (value === undefined) unprotected.delete(key);
  else unprotected.set(key, value);
  return { ...manifest, unprotected };
}
