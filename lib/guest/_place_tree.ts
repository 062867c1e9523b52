import { Buffer } from "node:buffer";
import { closeCaptured } from "../../ffi/capture.ts";
import { errnoText } from "../../ffi/errno.ts";
import { type FileStat, OpenFlag, openInRootLater, statFile } from "../../ffi/posix_files.ts";
import { quotePath } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import {
  describeWarning,
  type ExistingEntry,
  type MatchList,
  TreeStream,
  type WalkOptions,
  type WalkWarning,
  type WalkWarningKind,
} from "../fs/mod.ts";
import type { PlaceInImage } from "./guest_images.ts";
import { joinNames, patternsOf } from "./guest_path.ts";
import { openPlace } from "./_list_place.ts";

const SLASH = 0x2f;

/** Warnings by which something of the tree is missing. */
const LOSSES: ReadonlySet<WalkWarningKind> = new Set([
  "vanished",
  "stat-denied",
  "open-denied",
  "stale",
  "unreachable",
  "incomplete",
]);

/** An entry of the tree, or that the innermost directory ends. */
export type TreeEvent = "leave" | {
  readonly entry: ExistingEntry;
  /** From the root of the walk, without leading slash. */
  readonly path: Uint8Array;
};

/**
 * Something in a file system of an image with everything below it. The directory that it is in is the
 * root of the walk, and has nothing else (spec: client-pipeline.md §9).
 */
export class PlaceTree implements AsyncDisposable {
  readonly #place: PlaceInImage;
  readonly #parent: Disposable & { readonly fd: number } | undefined;
  readonly #stream: TreeStream;
  readonly #log: (message: string) => void;
  /** Descriptor of the file at hand; -1 for none. */
  #file = -1;
  #failure: Error | undefined;

  private constructor(
    place: PlaceInImage,
    parent: Disposable & { readonly fd: number } | undefined,
    log: (message: string) => void,
  ) {
    this.#place = place;
    this.#parent = parent;
    this.#log = log;
    this.#stream = new TreeStream({
      ...walkOptions(patternsOf(place.path.components.at(-1)!)),
      source: parent === undefined ? place.folder : `/proc/self/fd/${parent.fd}`,
      onWarning: (warning) => this.#warned(warning),
    }, true);
  }

  /** @param log Hears of what is lost. @throws {NotFoundError} if there is nothing at the place. */
  static async open(place: PlaceInImage, log: (message: string) => void): Promise<PlaceTree> {
    const { names } = place;
    (await openPlace(place, false))[Symbol.dispose]();
    const parent = names.length === 0
      ? undefined
      : await openPlace({ ...place, names: names.slice(0, -1) }, true);
    return new PlaceTree(place, parent, log);
  }

  /** The entries in order, the root of the walk first. Each file's content is read or skipped by then. */
  async *events(): AsyncGenerator<TreeEvent> {
    const names: Uint8Array[] = [];
    for (;;) {
      const event = await this.#stream.peek();
      if (event === "end") return;
      this.#stream.take();
      if (event === "leave") {
        names.pop();
        yield "leave";
        continue;
      }
      names.push(event.name);
      try {
        // The root has no name.
        this.#file = event.fd;
        yield { entry: event, path: joinNames(names.slice(1)) };
      } finally {
        this.#closeFile();
      }
      if (event.kind !== "directory") names.pop();
    }
  }

  /** Something is lost: what is made of the tree goes on, and must not end well. */
  lost(error: Error): void {
    this.#log(error.message);
    this.#failure ??= error;
  }

  /** @throws What was lost first. */
  finish(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * Opens the file that a further name stands for; it is closed with the next event.
   *
   * @param target Path from the root of the walk.
   * @returns Its descriptor and metadata.
   */
  async openLinked(
    target: Uint8Array,
  ): Promise<{ readonly fd: number; readonly stat: FileStat }> {
    const { root, names } = this.#place;
    const atRoot = names.length === 0;
    // The first name is the mount point then.
    const below = atRoot ? target.subarray(target.indexOf(SLASH) + 1) : target;
    const directory = this.#parent?.fd ?? root;
    const fd = await openInRootLater(directory, below.slice(), OpenFlag.NOFOLLOW);
    const stat = fd < 0 ? fd : statFile(fd);
    this.#file = fd;
    if (typeof stat !== "number") return { fd, stat };
    throw new CorruptDataError(`cannot open ${quotePath(target)}: ${errnoText(-stat)}`);
  }

  /** Ends the walk. */
  async [Symbol.asyncDispose](): Promise<void> {
    // Whoever reads the events need not have ended them.
    this.#closeFile();
    await this.#stream[Symbol.asyncDispose]();
    this.#parent?.[Symbol.dispose]();
  }

  #closeFile(): void {
    if (this.#file >= 0) closeCaptured(this.#file);
    this.#file = -1;
  }

  #warned(warning: WalkWarning): void {
    const { text } = describeWarning(warning);
    if (LOSSES.has(warning.kind)) this.lost(new CorruptDataError(text));
    else this.#log(text);
  }
}

function walkOptions(excludes: MatchList): Omit<WalkOptions, "source"> {
  return {
    excludes,
    // Sub-volumes count as other file systems; nothing else is mounted below.
    allFileSystems: true,
    // What the owner left out of backups of his own is in the image, and wanted.
    ignoresExcludeFiles: true,
    entriesMax: Number.MAX_SAFE_INTEGER,
    skipE2bigXattr: true,
  };
}

/** A key for a path in a map. */
export function pathKey(path: Uint8Array): string {
  return Buffer.from(path.buffer, path.byteOffset, path.byteLength).toString("latin1");
}
