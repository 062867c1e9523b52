import { concatBytes, quotePath } from "../bytes/mod.ts";
import { ChunkDecoder } from "../chunking/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type { ManifestArchive } from "../manifest/mod.ts";
import { PAYLOAD_HEADER_BYTES, type PxarEntry } from "../pxar/mod.ts";
import { type CheckedSnapshot, ChunkAccess } from "../reading/mod.ts";
import { CATALOG_NAME } from "../repository/mod.ts";
import { catalogPathsAfter } from "./_catalog_paths_after.ts";
import { DryExtractor } from "./_dry_extractor.ts";
import { joinNames } from "./_join_names.ts";
import { restoreTree } from "./_restore_tree.ts";
import { type LostEntry, newRestoreProgress } from "./restore_request.ts";

const SLASH = Uint8Array.of(0x2f);
const EMPTY = new Uint8Array();
const LATIN1 = new TextDecoder("latin1");
/** Lost files whose further names are noticed. */
const MAX_LOST_FILES = 1_000_000;

/** A stretch of an archive's stream that cannot be had, bytes. */
export interface LostRange {
  /** Offset of its first byte. */
  readonly start: number;
  /** Offset after its last one. */
  readonly end: number;
}

/**
 * Names what a restore of a damaged file archive would lose, and makes nothing. Only the chunks that
 * hold entries are read, and contents that lie in the ranges.
 *
 * @param lost Of the stream that has the contents, ascending and merged.
 * @param tell Told of each loss, in the order of the archive.
 * @returns Why there may be more, or undefined: where not even the root can be read, for example.
 * @throws {KeyError} if the archive is encrypted and there is no key.
 */
export async function listLosses(
  snapshot: CheckedSnapshot,
  archive: ManifestArchive,
  lost: readonly LostRange[],
  tell: (entry: LostEntry) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  const extractor = new LossFinder(archive.form === "split", lost, tell);
  const { crypt } = snapshot;
  using decoder = new ChunkDecoder(crypt === undefined ? {} : { crypt });
  const { failure, endedEarly, lastPath } = await restoreTree(snapshot, archive, {
    decoder,
    target: {
      extractor,
      patterns: [],
      onEntry: (entry) => extractor.arrive(entry),
      onSelected: () => {},
      onPrelude: () => Promise.resolve(),
    },
    observer: {
      progress: newRestoreProgress(),
      log: () => {},
      lost: (entry) => extractor.lose(entry),
    },
    signal,
  });
  if (endedEarly === undefined) return undefined;
  if (!(failure instanceof CorruptDataError)) throw failure;
  const { isLastLost } = endedEarly;
  const rooted = (path: Uint8Array) => concatBytes([SLASH, path]);
  if (isLastLost && lastPath.length > 0) tell({ kind: "file", path: rooted(lastPath) });
  try {
    for await (const path of restOf(snapshot, archive, decoder, lastPath)) {
      tell({ kind: "file", path: rooted(path) });
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof CorruptDataError)) throw error;
    return `what follows ${quotePath(rooted(lastPath))}: ${failure.message} (and ${error.message})`;
  }
}

/** Paths of the entries behind the one that was read last, as the catalog has them. */
async function* restOf(
  snapshot: CheckedSnapshot,
  archive: ManifestArchive,
  decoder: ChunkDecoder,
  lastPath: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const file = snapshot.manifest.files.find(({ filename }) => filename === CATALOG_NAME);
  if (file === undefined || archive.form === "split") {
    throw new CorruptDataError("there is no catalog");
  }
  const index = await snapshot.readIndex(file);
  using access = new ChunkAccess(snapshot.source, index, decoder, file.cryptMode === "encrypt");
  yield* catalogPathsAfter(access, archive.file.filename, lastPath);
}

/** Wants the contents that lie in lost ranges, and makes nothing of them. */
class LossFinder extends DryExtractor {
  #isLost = false;
  /** Paths of lost files without leading slash, a character for each byte: for their further names. */
  readonly #paths = new Set<string>();
  readonly #directory: Uint8Array[] = [];

  constructor(
    private readonly isSplit: boolean,
    private readonly lost: readonly LostRange[],
    private readonly tell: (entry: LostEntry) => void,
  ) {
    super();
  }

  /** Tells of a loss. */
  lose(entry: LostEntry): void {
    if (entry.kind === "file" && this.#paths.size < MAX_LOST_FILES) {
      this.#paths.add(LATIN1.decode(entry.path.subarray(1)));
    }
    this.tell(entry);
  }

  override enterDirectory(name?: Uint8Array): void {
    this.#directory.push(name!);
  }

  override leaveDirectory(): void {
    this.#directory.pop();
  }

  override hardlink(name?: Uint8Array, target?: Uint8Array): void {
    if (!this.#paths.has(LATIN1.decode(target!))) return;
    this.lose({ kind: "file", path: joinNames([EMPTY, ...this.#directory, name!]) });
  }

  /** Looks where the content of the next entry lies. */
  arrive({ kind, payloadOffset, contentPosition, size }: PxarEntry): void {
    if (kind !== "file") return;
    const start = this.isSplit ? payloadOffset : contentPosition;
    this.#isLost = this.#touches(start, start + size + (this.isSplit ? PAYLOAD_HEADER_BYTES : 0));
  }

  override beginFile(): boolean {
    return this.#isLost;
  }

  /** Whether any lost range overlaps a stretch. */
  #touches(start: number, end: number): boolean {
    let [low, high] = [0, this.lost.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.lost[middle]!.end <= start) low = middle + 1;
      else high = middle;
    }
    const range = this.lost[low];
    return range !== undefined && range.start < end;
  }
}
