import type { BackupSnapshot, CryptMode } from "../repository/mod.ts";
import type { Json } from "./_json.ts";

/** One file of a snapshot as the manifest lists it. */
export interface ManifestFile {
  /** Server-side name, ending in `.didx`, `.fidx` or `.blob`. */
  readonly filename: string;
  readonly cryptMode: CryptMode;
  /** Bytes: size of the virtual file of an index, length of the raw blob of a blob. */
  readonly size: number;
  /** 32 bytes: index checksum of an index, SHA-256 of the raw blob of a blob. */
  readonly checksum: Uint8Array;
}

/** A manifest. Never changed in place: functions of this room return a new one. */
export interface Manifest {
  readonly snapshot: BackupSnapshot;
  /** In the order that is signed. */
  readonly files: readonly ManifestFile[];
  /** Members that no signature covers, unknown ones included. */
  readonly unprotected: ReadonlyMap<string, Json>;
  /** 64 lower-case hex digits, or undefined if unsigned. */
  readonly signature: string | undefined;
}

/**
 * A manifest without files.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const manifest = createManifest({ type: "host", id: "elsa", time: 1700000000 });
 * assertEquals(manifest.files, []);
 * ```
 */
export function createManifest(
  snapshot: BackupSnapshot,
  files: readonly ManifestFile[] = [],
): Manifest {
  return { snapshot, files, unprotected: new Map(), signature: undefined };
}
