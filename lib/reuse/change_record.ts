import { encodeHex } from "../bytes/mod.ts";
import { type Json, type Manifest, unprotectedMember, withUnprotected } from "../manifest/mod.ts";

/** Record of one archive that a run leaves for the next one's change detection. */
export interface ArchiveRecord {
  /** Paths of files whose stored content is not what they had: read with errors, or changing. */
  readonly doubtful: readonly Uint8Array[];
  /** How far unchanged files were read again in turn; absent at the start of a round. */
  readonly rereadTo?: Uint8Array;
}

/** Record that a run leaves for the next one's change detection. */
export interface ChangeRecord {
  /** Time at which the run began to read, milliseconds since the epoch. */
  readonly startedMs: number;
  /** By the archive's name, `root.pxar`. */
  readonly archives: ReadonlyMap<string, ArchiveRecord>;
}

const MEMBER = "pbs-client-changes";
/** More doubtful files than this are not listed: the record says that all of them are. */
const DOUBTFUL_MAX = 256;
const ALL = "*";

/** A manifest with the record of its run. Servers keep members that they do not know. */
export function withChangeRecord(manifest: Manifest, record: ChangeRecord): Manifest {
  const archives = new Map<string, Json>();
  for (const [name, { doubtful, rereadTo }] of record.archives) {
    const value = new Map<string, Json>();
    if (doubtful.length > 0) {
      value.set("doubtful", doubtful.length > DOUBTFUL_MAX ? ALL : doubtful.map(encodeHex));
    }
    if (rereadTo !== undefined) value.set("reread-to", encodeHex(rereadTo));
    archives.set(name, value);
  }
  return withUnprotected(
    manifest,
    MEMBER,
    new Map<string, Json>([["started", record.startedMs], ["archives", archives]]),
  );
}

/** The part of one archive of the previous snapshot that change detection may trust. */
export class PreviousRecord {
  readonly #startedMs: number | undefined;
  readonly #doubtful: ReadonlySet<string>;
  /** Path up to which unchanged files were read again, as hex; empty at the start of a round. */
  readonly rereadTo: string;

  /** @param manifest Of the previous snapshot; one that others wrote has no record. */
  constructor(manifest: Manifest, archive: string) {
    const member = unprotectedMember(manifest, MEMBER);
    const record = member instanceof Map ? member : undefined;
    const started = record?.get("started");
    this.#startedMs = typeof started === "number" ? started : undefined;
    const archives = record?.get("archives");
    const entry = archives instanceof Map ? archives.get(archive) : undefined;
    const doubtful = entry instanceof Map ? entry.get("doubtful") : undefined;
    this.#doubtful = new Set(
      Array.isArray(doubtful)
        ? doubtful.filter((path) => typeof path === "string")
        : doubtful === undefined
        ? []
        : [ALL],
    );
    const rereadTo = entry instanceof Map ? entry.get("reread-to") : undefined;
    this.rereadTo = typeof rereadTo === "string" ? rereadTo : "";
  }

  /**
   * Whether equal metadata means equal content for a file.
   *
   * It does not if the last run had trouble with it. Nor if it was changed while that run was under
   * way, or just before: it may have been changed again after it was read, within one tick of the
   * clock that times are taken from.
   */
  isTrustworthy(path: Uint8Array, modifiedSeconds: number): boolean {
    if (this.#doubtful.has(ALL)) return false;
    if (
      this.#startedMs !== undefined && modifiedSeconds >= Math.floor(this.#startedMs / 1000) - 1
    ) {
      return false;
    }
    return this.#doubtful.size === 0 || !this.#doubtful.has(encodeHex(path));
  }
}
