import { Buffer } from "node:buffer";
import { bytesEqual } from "../bytes/mod.ts";
import { Turns } from "../chunking/mod.ts";
import type { CryptConfig } from "../crypto/mod.ts";
import {
  AuthError,
  CorruptDataError,
  KeyError,
  LockedError,
  NotFoundError,
  ServerError,
} from "../errors/mod.ts";
import { CheckedSnapshot, DamagedChunkError } from "../reading/mod.ts";
import {
  type BackupGroup,
  type BackupSnapshot,
  formatGroupPath,
  formatSnapshotPath,
  MANIFEST_BLOB_NAME,
  type Repository,
} from "../repository/mod.ts";
import { type FoundPath, foundPaths, type SharedListing } from "./_found_names.ts";
import { NameHits, type NameQuery } from "./_name_hits.ts";
import { type NameSource, nameSources, readNames } from "./_name_sources.ts";
import { NameTreeBuilder } from "./_name_tree_builder.ts";
import { MAX_SHELF_BYTES, NameShelf } from "./name_shelf.ts";
import type { ShelfFolder } from "./shelf_folder.ts";

const SLASH = 0x2f;
/** Manifests that are read at the same time. */
const MANIFESTS_AHEAD = 8;
/** Archives after which what was read is kept, also if the run is ended. */
const SAVED_AFTER = 16;

/** A group, and which of its snapshots are searched. */
export interface SearchScope {
  readonly namespace: string;
  readonly group: BackupGroup;
  /** Finished ones. */
  readonly snapshots: readonly BackupSnapshot[];
}

/** How far a search has come. */
export interface SearchProgress {
  readonly archivesDone: number;
  /** Archives whose names have to be read. */
  readonly archivesTotal: number;
}

/** Conditions of a search, and its tools. */
export interface SearchOptions extends NameQuery {
  /** The only archive that is wanted, as users call it: `root.pxar`. */
  readonly archive?: string | undefined;
  /** The only folder that is wanted, a path from the root of the archive without leading slash. */
  readonly below?: Uint8Array | undefined;
  /** The key; absent if there is none, encrypted archives are left out then. */
  readonly crypt?: CryptConfig | undefined;
  /** Folder in which names are kept for the next time; absent if they are not. */
  readonly folder?: ShelfFolder | undefined;
  readonly onProgress?: ((progress: SearchProgress) => void) | undefined;
  log(level: "debug" | "info" | "warn" | "error", message: string): void;
  readonly signal?: AbortSignal | undefined;
}

/** A name that was found in a group. */
export interface FoundName extends FoundPath {
  readonly namespace: string;
  readonly group: BackupGroup;
  /** As users call it. */
  readonly archive: string;
}

/** A file with names, and a snapshot that has it. */
interface PlacedSource extends NameSource {
  readonly snapshot: BackupSnapshot;
}

/**
 * Searches the names in the snapshots of a group, without reading contents. What was read once is not
 * read again if there is a folder to keep it in, and each name is looked at once, in however many
 * snapshots it is.
 *
 * @returns Names by archive, then sorted by path.
 * @throws {UsageError} if too much matches.
 */
export async function* searchNames(
  repository: Repository,
  scope: SearchScope,
  options: SearchOptions,
): AsyncGenerator<FoundName> {
  const { namespace, group, snapshots } = scope;
  const search = new GroupSearch(repository, scope, options);
  const placed: PlacedSource[] = [];
  for (let start = 0; start < snapshots.length; start += MANIFESTS_AHEAD) {
    options.signal?.throwIfAborted();
    const some = snapshots.slice(start, start + MANIFESTS_AHEAD);
    placed.push(...(await Promise.all(some.map((each) => search.sourcesOf(each)))).flat());
  }
  search.reportKeys();
  const archives = new Map<string, SharedListing[]>();
  for (const isEncrypted of [false, true]) {
    const sources = placed.filter(({ file }) => (file.cryptMode === "encrypt") === isEncrypted);
    if (sources.length === 0) continue;
    if (isEncrypted && options.crypt === undefined) {
      options.log("warn", `${sources.length} archives are encrypted, and there is no key`);
      continue;
    }
    for (const [archive, listings] of await search.rootsOf(sources, isEncrypted)) {
      archives.set(archive, [...archives.get(archive) ?? [], ...listings]);
    }
  }
  for (const archive of [...archives.keys()].sort()) {
    if (options.archive !== undefined && archive !== options.archive) continue;
    const found = foundPaths(
      archives.get(archive)!,
      (path, type) => isBelow(path, options.below) && options.pattern.matches(path, type),
    );
    for (const each of found) yield { ...each, namespace, group, archive };
  }
}

/** Whether a path is within a folder. */
function isBelow(path: Uint8Array, folder: Uint8Array | undefined): boolean {
  if (folder === undefined || folder.length === 0) return true;
  return path[folder.length] === SLASH && bytesEqual(path.subarray(0, folder.length), folder);
}

/** A search in one group. */
class GroupSearch {
  readonly #repository: Repository;
  readonly #scope: SearchScope;
  readonly #options: SearchOptions;
  readonly #turns = new Turns();
  readonly #said = new Set<string>();
  /** Why snapshots could not be read for want of their key. */
  readonly #withoutKey: string[] = [];

  constructor(repository: Repository, scope: SearchScope, options: SearchOptions) {
    this.#repository = repository;
    this.#scope = scope;
    this.#options = options;
  }

  /** Files with names of a snapshot; none if it cannot be read, which is told. */
  async sourcesOf(snapshot: BackupSnapshot, withoutCatalog = false): Promise<PlacedSource[]> {
    const found = await this.#open(snapshot, (checked) =>
      Promise.resolve(
        nameSources(checked.manifest, withoutCatalog).map((each) => ({ ...each, snapshot })),
      ));
    const { archive } = this.#options;
    return (found ?? []).filter((each) =>
      archive === undefined || each.archive === undefined || each.archive === archive
    );
  }

  /** Tells of snapshots that were left out for want of their key, all together. */
  reportKeys(): void {
    const [first] = this.#withoutKey;
    if (first === undefined) return;
    const group = formatGroupPath(this.#scope.group);
    const { length } = this.#withoutKey;
    this.#say(
      "warn",
      `${length} ${length === 1 ? "snapshot" : "snapshots"} of ${group} left out: ${first}`,
    );
  }

  /** The roots of the archives of sources, by the archives' names. */
  async rootsOf(
    sources: readonly PlacedSource[],
    isEncrypted: boolean,
  ): Promise<Map<string, SharedListing[]>> {
    const crypt = isEncrypted ? this.#options.crypt : undefined;
    const name = JSON.stringify([this.#scope.namespace, formatGroupPath(this.#scope.group)]);
    const { folder } = this.#options;
    const loaded = folder?.load(name, crypt, (line) => this.#options.log("warn", line)) ??
      new NameShelf(crypt);
    try {
      return await this.#rootsIn(loaded, name, sources, crypt);
    } catch (error) {
      // Whatever it says, it is only a copy.
      if (!(error instanceof BrokenShelfError)) throw error;
      this.#options.log("warn", `kept names are made anew: ${error.message}`);
      return await this.#rootsIn(new NameShelf(crypt), name, sources, crypt);
    }
  }

  async #rootsIn(
    shelf: NameShelf,
    name: string,
    sources: readonly PlacedSource[],
    crypt: CryptConfig | undefined,
  ): Promise<Map<string, SharedListing[]>> {
    const { folder } = this.#options;
    const used = await this.#fill(shelf, name, sources, crypt);
    folder?.touch(name, crypt);
    const hits = new NameHits(this.#options);
    for (const block of blocksOf(used.shelf)) {
      hits.search(block);
      await this.#turns.give();
    }
    const archives = new Map<string, Map<number, number[]>>();
    const add = (archive: string, listing: number, snapshot: number) => {
      const listings = archives.get(archive) ?? new Map<number, number[]>();
      archives.set(archive, listings);
      listings.set(listing, [...listings.get(listing) ?? [], snapshot]);
    };
    for (const { file, archive, snapshot } of used.sources) {
      const root = used.shelf.rootOf(file.checksum);
      if (root === undefined) continue;
      if (root >= hits.listingCount) throw new BrokenShelfError("an archive's root is missing");
      if (archive !== undefined) add(archive, root, snapshot.time);
      else {
        for (const segment of hits.listing(root) ?? []) {
          for (const child of segment.children) {
            add(archiveOf(child.name), child.listing, snapshot.time);
          }
        }
      }
    }
    return new Map([...archives].map(([archive, listings]) => [
      archive,
      [...listings].map(([listing, snapshots]) => ({ hits, listing, snapshots })),
    ]));
  }

  /** Reads the names that the shelf does not have. */
  async #fill(
    given: NameShelf,
    name: string,
    sources: readonly PlacedSource[],
    crypt: CryptConfig | undefined,
  ): Promise<{ readonly shelf: NameShelf; readonly sources: readonly PlacedSource[] }> {
    let shelf = given;
    if (sources.every(({ file }) => shelf.rootOf(file.checksum) !== undefined)) {
      return { shelf, sources };
    }
    if (shelf.byteLength > MAX_SHELF_BYTES) shelf = new NameShelf(crypt);
    const builder = new NameTreeBuilder();
    for (const block of blocksOf(shelf)) builder.load(block);
    const pending = [...sources];
    const all = [...sources];
    let unsaved = 0;
    const save = () => {
      if (unsaved === 0) return;
      unsaved = 0;
      const problem = this.#options.folder?.save(name, crypt, shelf);
      if (problem !== undefined) this.#say("warn", problem);
    };
    let done = 0;
    try {
      for (let source = pending.shift(); source !== undefined; source = pending.shift()) {
        this.#options.signal?.throwIfAborted();
        if (shelf.rootOf(source.file.checksum) === undefined) {
          const more = await this.#read(shelf, builder, source);
          pending.unshift(...more);
          all.push(...more);
          if (++unsaved >= SAVED_AFTER) save();
        }
        this.#options.onProgress?.({
          archivesDone: ++done,
          archivesTotal: done + pending.length,
        });
      }
    } finally {
      save();
    }
    return { shelf, sources: all };
  }

  /** Reads the names of a file. @returns Files that have them as well, where it is damaged. */
  async #read(
    shelf: NameShelf,
    builder: NameTreeBuilder,
    source: PlacedSource,
  ): Promise<PlacedSource[]> {
    const { snapshot, file, archive } = source;
    builder.begin();
    let isComplete = false;
    let isDamaged = false;
    try {
      await this.#open(snapshot, async (checked) => {
        try {
          await readNames(checked, source, builder);
          isComplete = true;
        } catch (error) {
          if (archive !== undefined || !DamagedChunkError.isCause(error)) throw error;
          isDamaged = true;
          const path = formatSnapshotPath(snapshot);
          this.#say("warn", `snapshot ${path}: the catalog is damaged, archives are read instead`);
        }
      });
    } finally {
      // What it had so far may be had by others.
      const { root, block } = builder.finish();
      if (isComplete || block.listings.length > 0) {
        shelf.add(block, root, isComplete ? file.checksum : undefined);
      }
    }
    return isDamaged ? await this.sourcesOf(snapshot, true) : [];
  }

  /** Opens a snapshot. @returns undefined if it cannot be read, which is told. */
  async #open<T>(
    snapshot: BackupSnapshot,
    use: (checked: CheckedSnapshot) => Promise<T>,
  ): Promise<T | undefined> {
    const { namespace } = this.#scope;
    try {
      await using source = await this.#repository.openSnapshot(namespace, snapshot);
      const { crypt } = this.#options;
      const checked = await CheckedSnapshot.open(source, crypt, MANIFEST_BLOB_NAME, {
        log: (level, message) => this.#say(level, message),
      });
      return await use(checked);
    } catch (error) {
      if (error instanceof KeyError) {
        this.#withoutKey.push(error.message);
        return undefined;
      }
      if (!isOfSnapshot(error)) throw error;
      const path = formatSnapshotPath(snapshot);
      this.#say("warn", `snapshot ${path} is left out: ${error.message}`);
      return undefined;
    }
  }

  /** Logs a line, once: what is said of one snapshot often goes for all. */
  #say(level: "debug" | "info" | "warn" | "error", message: string): void {
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this.#options.log(level, message);
  }
}

/** The kept names cannot be what this program wrote. */
class BrokenShelfError extends CorruptDataError {}

function* blocksOf(shelf: NameShelf): ReturnType<NameShelf["blocks"]> {
  try {
    yield* shelf.blocks();
  } catch (error) {
    if (!(error instanceof CorruptDataError)) throw error;
    throw new BrokenShelfError(error.message);
  }
}

/** Whether an error is of one snapshot, and others may be fine. */
function isOfSnapshot(error: unknown): error is Error {
  return error instanceof CorruptDataError || error instanceof NotFoundError ||
    error instanceof LockedError || error instanceof AuthError ||
    error instanceof ServerError;
}

/** The name that users have for an archive of a catalog. */
function archiveOf(latin1: string): string {
  const name = new TextDecoder().decode(Buffer.from(latin1, "latin1"));
  return name.endsWith(".didx") ? name.slice(0, -".didx".length) : name;
}
