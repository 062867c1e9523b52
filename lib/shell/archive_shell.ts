import { compareBytes } from "../bytes/mod.ts";
import { NotFoundError } from "../errors/mod.ts";
import { MatchEntry } from "../fs/mod.ts";
import { lookUpArchive } from "../manifest/mod.ts";
import type { PxarEntry } from "../pxar/mod.ts";
import { type CheckedSnapshot, type ChunkCache, DamagedChunkError } from "../reading/mod.ts";
import { ArchiveEntries } from "./_archive_entries.ts";
import type { ArchiveNames, NameEntry } from "./archive_names.ts";
import { CatalogDamageError, CatalogNames } from "./_catalog_names.ts";
import { findMatches } from "./_find_matches.ts";
import { openCatalog } from "./open_catalog.ts";
import { openTree } from "./_open_tree.ts";
import { pathOf, type Place } from "./place.ts";
import { PathResolver } from "./_resolve_path.ts";
import { Selection } from "./selection.ts";
import { TreeNames } from "./_tree_names.ts";

const SLASH = 0x2f;

/** Nobody chooses from more, and a catalog may be made of names. */
const MAX_CANDIDATES = 200_000;

type Note = ArchiveShellOptions["onNote"];

/** How to open an {@linkcode ArchiveShell}. */
export interface ArchiveShellOptions {
  /** Whose manifest was checked. */
  readonly snapshot: CheckedSnapshot;
  /** A file archive, with or without the server's suffix. */
  readonly archiveName: string;
  /** For everything that is looked at; stays the caller's. */
  readonly cache: ChunkCache;
  /** Read the names from the archive even if there is a catalog. */
  readonly ignoresCatalog?: boolean;
  /** Told where the names come from, if it is not from where they should. */
  onNote(level: "info" | "warn", message: string): void;
}

/** An entry with its path from the root of the archive. */
export interface FoundEntry {
  readonly path: Uint8Array;
  readonly entry: PxarEntry;
}

/** A path that begins with what somebody has typed. */
export interface PathCandidate {
  readonly path: Uint8Array;
  readonly isDirectory: boolean;
}

/**
 * An archive that is walked about in: a position, and a selection of what is wanted
 * (spec: client-pipeline.md §7). Names come from the catalog of the snapshot, or from the archive
 * where it is split or the catalog cannot be had; everything else comes from the archive.
 */
export class ArchiveShell {
  readonly #archive: ArchiveEntries;
  readonly #note: Note;
  #names: ArchiveNames;
  #position: Place = [];
  /** Wanted parts of the archive. */
  readonly selection: Selection = new Selection();

  private constructor(archive: ArchiveEntries, names: ArchiveNames, note: Note) {
    this.#archive = archive;
    this.#names = names;
    this.#note = note;
  }

  /**
   * Opens an archive.
   *
   * @throws {NotFoundError} if the snapshot has no such archive.
   * @throws {CorruptDataError} if the archive is damaged and the names cannot be had from a catalog.
   */
  static async open(options: ArchiveShellOptions): Promise<ArchiveShell> {
    const { snapshot, archiveName, cache, onNote } = options;
    const found = lookUpArchive(snapshot.manifest, archiveName);
    const file = found.form === "split" ? found.metadata : found.file;
    const archive = new ArchiveEntries(() => openTree(snapshot, file, cache));
    const names = found.form === "single" && !options.ignoresCatalog
      ? await catalogNames(options, found.file.filename)
      : undefined;
    return new ArchiveShell(archive, names ?? new TreeNames(await archive.tree()), onNote);
  }

  /** Path of the current directory. */
  get position(): Uint8Array {
    return pathOf(this.#position);
  }

  /**
   * Changes the current directory.
   *
   * @param path The root if absent.
   * @throws {NotFoundError} if it is no directory; a symbolic link is none.
   */
  async changeDirectory(path?: Uint8Array): Promise<void> {
    const place = path === undefined ? [] : await this.#resolve(path);
    if (place.length > 0 && place.at(-1)!.type !== "d") throw new NotFoundError("not a directory");
    this.#position = place;
  }

  /**
   * The names in a directory, or that of anything else. A symbolic link to a directory stands for it.
   *
   * @param path The current directory if absent.
   */
  async *list(path?: Uint8Array): AsyncGenerator<Uint8Array> {
    let place = path === undefined ? this.#position : await this.#resolve(path);
    if (place.at(-1)?.type === "l") {
      const target = await this.#targetOf(place);
      if (target !== undefined) place = target;
    }
    const entry = place.at(-1) ?? this.#names.root;
    if (entry.type !== "d") {
      yield entry.name;
      return;
    }
    for await (const { name } of this.#entries(entry)) yield name;
  }

  /** The entry at a path, from the archive; a symbolic link is one itself. */
  async stat(path: Uint8Array): Promise<FoundEntry> {
    const found = pathOf(await this.#resolve(path));
    return { path: found, entry: await this.#archive.at(found) };
  }

  /** Path from the root of the entry that a path leads to. */
  async canonicalPath(path: Uint8Array): Promise<Uint8Array> {
    return pathOf(await this.#resolve(path));
  }

  /**
   * Paths that a pattern matches, from the root of the archive and in its order.
   *
   * @throws {UsageError} if the pattern is malformed.
   */
  find(pattern: Uint8Array, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const list = [new MatchEntry(pattern, "include")];
    return this.#guarded(findMatches(this.#names, list, undefined, signal));
  }

  /** Paths that are selected, in the order of the archive; a directory without its content. */
  async *selected(signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const { selection } = this;
    if (selection.hasRoot) yield Uint8Array.of(SLASH);
    yield* this.#guarded(findMatches(this.#names, selection.patterns, selection, signal));
  }

  /**
   * Paths that begin with what is typed, as they would go on, at most 200,000; none if it leads into
   * what is no directory.
   *
   * @param typed Start of a path.
   */
  async candidates(typed: Uint8Array): Promise<PathCandidate[]> {
    const nameAt = typed.lastIndexOf(SLASH) + 1;
    const [directory, start] = [typed.slice(0, nameAt), typed.subarray(nameAt)];
    const resolver = this.#resolver();
    const place = await resolver.follow(await resolver.resolve(directory, this.#position));
    const entry = place.at(-1) ?? this.#names.root;
    if (entry.type !== "d") return [];
    const found: PathCandidate[] = [];
    for await (const { name, type } of this.#entries(entry)) {
      if (compareBytes(name.subarray(0, start.byteLength), start) !== 0) continue;
      const path = new Uint8Array(nameAt + name.byteLength);
      path.set(directory);
      path.set(name, nameAt);
      if (found.push({ path, isDirectory: type === "d" }) === MAX_CANDIDATES) break;
    }
    return found;
  }

  #resolver(): PathResolver {
    return new PathResolver({
      names: this.#names,
      linkTarget: (path) => this.#archive.linkTarget(path),
    });
  }

  async #resolve(path: Uint8Array): Promise<Place> {
    try {
      return await this.#resolver().resolve(path, this.#position);
    } catch (error) {
      await this.#leaveDamaged(error);
      throw error;
    }
  }

  /** The directory that a symbolic link leads to; undefined if it leads to anything else. */
  async #targetOf(link: Place): Promise<Place | undefined> {
    let target: Place;
    try {
      target = await this.#resolver().follow(link);
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
    return target.length === 0 || target.at(-1)!.type === "d" ? target : undefined;
  }

  #entries(directory: NameEntry): AsyncGenerator<NameEntry> {
    return this.#guarded(this.#names.entries(directory));
  }

  async *#guarded<T>(found: AsyncGenerator<T>): AsyncGenerator<T> {
    try {
      yield* found;
    } catch (error) {
      await this.#leaveDamaged(error);
      throw error;
    }
  }

  /** After damage of the catalog the archive tells the names. */
  async #leaveDamaged(error: unknown): Promise<void> {
    if (!(error instanceof CatalogDamageError)) return;
    const { position } = this;
    this.#names = new TreeNames(await this.#archive.tree());
    this.#position = [];
    this.#note("warn", "the catalog is damaged: names are read from the archive from now on");
    await this.changeDirectory(position).catch(() => {});
  }
}

/** Names from the catalog; undefined if it cannot be had. */
async function catalogNames(
  { snapshot, cache, onNote }: ArchiveShellOptions,
  serverName: string,
): Promise<ArchiveNames | undefined> {
  try {
    const catalog = await openCatalog(snapshot, cache);
    if (catalog !== undefined) return await CatalogNames.of(catalog, serverName);
    onNote("info", "the snapshot has no catalog: names are read from the archive");
  } catch (error) {
    if (!DamagedChunkError.isCause(error)) throw error;
    onNote(
      "warn",
      `the catalog cannot be used, names are read from the archive: ${error.message}`,
    );
  }
  return undefined;
}
