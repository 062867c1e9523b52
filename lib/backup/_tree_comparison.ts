import { closeCaptured } from "../../ffi/capture.ts";
import { bytesEqual } from "../bytes/mod.ts";
import type { HardlinkTarget, TreeVisitor, WalkedFile, WalkPath } from "../fs/mod.ts";
import { type EntryMetadata, metadataEqual, PxarDecoder, type PxarEntry } from "../pxar/mod.ts";
import type { PreviousRecord, StreamPiece } from "../reuse/mod.ts";
import type { TreeProgress } from "./_tree_visitor.ts";
import { isUnchangedFile } from "./_unchanged_file.ts";

/** Entries that may wait to be compared. */
const WAITING_MAX = 128;

/** A walk has come to something that the previous archive does not have in the same way. */
export class TreeChange extends Error {
  override name = "TreeChange";

  /** @param path Where it is, below the source; empty for the source itself. */
  constructor(readonly path: Uint8Array) {
    super("the tree has changed");
  }
}

/** The next thing that the archive must have: an entry, or the end of a directory. */
interface Step {
  readonly path: Uint8Array;
  /** Whether an entry is the same; absent where a directory ends. */
  readonly isSame?: (entry: PxarEntry) => boolean;
}

/** The metadata stream that is compared with, and what is known of it. */
export interface ComparedStream {
  /** Gives the next piece; undefined at its end. */
  readonly next: () => Promise<StreamPiece | undefined>;
  readonly record: PreviousRecord;
  /** Prelude that an archive would get now. */
  readonly prelude: Uint8Array | undefined;
}

/**
 * Visitor that compares a walk with the previous split archive, entry by entry, and stores nothing. The
 * first difference ends the walk with a {@linkcode TreeChange}.
 *
 * Both have the same order, so what is missing on either side is a difference in the next entry.
 */
export class TreeComparison implements TreeVisitor, Disposable {
  readonly #decoder = new PxarDecoder();
  readonly #stream: ComparedStream;
  #piece: StreamPiece | undefined;
  #waiting: Step[] = [];
  #path: WalkPath | undefined;

  /** @param progress Counts files and directories. */
  constructor(stream: ComparedStream, private readonly progress: TreeProgress) {
    this.#stream = stream;
  }

  get full(): boolean {
    return this.#waiting.length >= WAITING_MAX;
  }

  /** @throws {TreeChange} at a difference, {CorruptDataError} if the archive is damaged. */
  async drain(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const step of waiting) await this.#take(step);
  }

  /** Compares what still waits; to be awaited when the walk is over. Throws as `drain` does. */
  async finish(): Promise<void> {
    await this.drain();
    if (await this.#next() !== "finished") throw new TreeChange(new Uint8Array());
  }

  enterRoot(metadata: EntryMetadata, path: WalkPath): void {
    this.#path = path;
    this.progress.path = () => path.bytes();
    this.progress.directories++;
    this.#expect((entry) =>
      entry.kind === "directory" && isSameMetadata(metadata, entry) &&
      isSamePrelude(this.#stream.prelude, this.#decoder.prelude)
    );
  }

  leaveRoot(): void {
    this.progress.path = undefined;
    this.#waiting.push({ path: new Uint8Array() });
  }

  enterDirectory(name: Uint8Array, metadata: EntryMetadata): void {
    this.progress.directories++;
    this.#expect((entry) =>
      entry.kind === "directory" && isSameName(name, entry) && isSameMetadata(metadata, entry)
    );
  }

  leaveDirectory(): void {
    this.#waiting.push({ path: this.#path!.bytes() });
  }

  file({ name, metadata, sizeBytes, fd }: WalkedFile): void {
    if (fd >= 0) closeCaptured(fd);
    this.progress.files++;
    const path = this.#path!.bytes();
    this.#expect((entry) =>
      isSameName(name, entry) &&
      isUnchangedFile({ path, metadata, sizeBytes }, entry, this.#stream.record)
    );
  }

  hardlink(name: Uint8Array, { path }: HardlinkTarget): void {
    this.#expect((entry) =>
      entry.kind === "hardlink" && isSameName(name, entry) &&
      entry.target !== undefined && bytesEqual(entry.target, path)
    );
  }

  symlink(name: Uint8Array, metadata: EntryMetadata, target: Uint8Array): void {
    this.#expect((entry) =>
      entry.kind === "symlink" && isSameName(name, entry) && isSameMetadata(metadata, entry) &&
      entry.target !== undefined && bytesEqual(entry.target, target)
    );
  }

  device(name: Uint8Array, metadata: EntryMetadata, major: number, minor: number): void {
    this.#expect((entry) =>
      entry.kind === "device" && isSameName(name, entry) && isSameMetadata(metadata, entry) &&
      entry.major === major && entry.minor === minor
    );
  }

  fifo(name: Uint8Array, metadata: EntryMetadata): void {
    this.#expectPlain("fifo", name, metadata);
  }

  socket(name: Uint8Array, metadata: EntryMetadata): void {
    this.#expectPlain("socket", name, metadata);
  }

  [Symbol.dispose](): void {
    this.#piece?.release();
    this.#piece = undefined;
  }

  #expectPlain(kind: "fifo" | "socket", name: Uint8Array, metadata: EntryMetadata): void {
    this.#expect((entry) =>
      entry.kind === kind && isSameName(name, entry) && isSameMetadata(metadata, entry)
    );
  }

  #expect(isSame: (entry: PxarEntry) => boolean): void {
    this.#waiting.push({ path: this.#path!.bytes(), isSame });
  }

  async #take({ path, isSame }: Step): Promise<void> {
    const event = await this.#next();
    const isAsExpected = isSame === undefined
      ? event === "leave"
      : event === "entry" && this.#decoder.entry.damage === undefined &&
        isSame(this.#decoder.entry);
    if (!isAsExpected) throw new TreeChange(path);
  }

  async #next(): Promise<"entry" | "leave" | "finished" | "data"> {
    for (;;) {
      const event = this.#decoder.next();
      if (event !== "need-input") return event;
      this.#piece?.release();
      this.#piece = undefined;
      this.#piece = await this.#stream.next();
      if (this.#piece === undefined) this.#decoder.end();
      else this.#decoder.feed(this.#piece.bytes);
    }
  }
}

function isSameName(name: Uint8Array, entry: PxarEntry): boolean {
  return bytesEqual(name, entry.name);
}

function isSameMetadata(metadata: EntryMetadata, entry: PxarEntry): boolean {
  return entry.metadata !== undefined && metadataEqual(metadata, entry.metadata, true);
}

function isSamePrelude(ours: Uint8Array | undefined, theirs: Uint8Array | undefined): boolean {
  return ours === undefined || theirs === undefined ? ours === theirs : bytesEqual(ours, theirs);
}
