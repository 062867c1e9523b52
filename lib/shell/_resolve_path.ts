import { quotePath } from "../bytes/mod.ts";
import { NotFoundError, UsageError } from "../errors/mod.ts";
import type { ArchiveNames } from "./archive_names.ts";
import { pathOf, type Place } from "./place.ts";

const SLASH = 0x2f;
const DOT = 0x2e;
/** Symbolic links that one path may go through. */
const MAX_LINKS = 40;

/** Names and links by which paths are followed. */
export interface PathSource {
  readonly names: ArchiveNames;
  /** Target of the symbolic link at a path. */
  linkTarget(path: Uint8Array): Promise<Uint8Array>;
}

/** Follows one path; counts the links that it goes through. */
export class PathResolver {
  readonly #source: PathSource;
  #links = 0;

  constructor(source: PathSource) {
    this.#source = source;
  }

  /**
   * The place that a path leads to. A symbolic link at its end is a place itself, those before are
   * followed; above the root is the root (spec: client-pipeline.md §7.2).
   *
   * @param from Where a relative path begins.
   * @throws {NotFoundError} if there is no such entry.
   */
  async resolve(path: Uint8Array, from: Place): Promise<Place> {
    let place = path[0] === SLASH ? [] : from;
    for (const name of components(path)) {
      if (isDots(name, 2)) {
        place = place.slice(0, -1);
        continue;
      }
      place = await this.follow(place);
      if (isDots(name, 1)) continue;
      place = [...place, await this.#find(place, name)];
    }
    return place;
  }

  /**
   * The place that a symbolic link leads to; any other is the result itself.
   *
   * @throws {NotFoundError} if it leads nowhere, {UsageError} if it goes through too many others.
   */
  async follow(place: Place): Promise<Place> {
    while (place.at(-1)?.type === "l") {
      if (++this.#links > MAX_LINKS) {
        throw new UsageError(`too many levels of symbolic links: ${quotePath(pathOf(place))}`);
      }
      const target = await this.#source.linkTarget(pathOf(place));
      // A relative target begins in the directory of the link.
      place = await this.resolve(target, place.slice(0, -1));
    }
    return place;
  }

  async #find(place: Place, name: Uint8Array) {
    const { names } = this.#source;
    const directory = place.at(-1) ?? names.root;
    if (directory.type !== "d") throw new NotFoundError("not a directory");
    const entry = await names.find(directory, name);
    if (entry !== undefined) return entry;
    throw new NotFoundError(`no such file or directory: ${quotePath(name)}`);
  }
}

function* components(path: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start <= path.byteLength;) {
    const slash = path.indexOf(SLASH, start);
    const end = slash < 0 ? path.byteLength : slash;
    if (end > start) yield path.subarray(start, end);
    start = end + 1;
  }
}

function isDots(name: Uint8Array, count: number): boolean {
  return name.byteLength === count && name.every((byte) => byte === DOT);
}
