import { closeFile, readLater } from "../../ffi/posix_files.ts";
import { bytesEqual, compareBytes, quotePath } from "../bytes/mod.ts";
import type { ExistingEntry, ExtractSink, MendedMetadata, TreeExtractor } from "../fs/mod.ts";
import type { EntryMetadata, PxarEntry } from "../pxar/mod.ts";
import {
  type EntryDifference,
  entryDifference,
  type IgnoredMetadata,
} from "./_entry_difference.ts";
import { EXCLUDE_RECORD, findExcludeRecord } from "./_exclude_record.ts";
import type { ExistingTree, ExtraListener } from "./_existing_tree.ts";
import { joinNames } from "./_join_names.ts";
import type { InPlaceRequest, TreeChange } from "./restore_request.ts";

/** Bytes of a file that are compared at a time. */
const COMPARED_BYTES = 256 * 1024;
/** Names that an interrupted run leaves (native/extract/src/replacing.rs). */
const TEMPORARY = /^\.pbs-restore-[0-9a-f]{16}$/;
const S_IFMT = 0o170000;
const NAMELESS = new Uint8Array();

/** Extractor that makes the changes; or does nothing, where they are only told. */
export type ChangingExtractor = Pick<
  TreeExtractor,
  | "root"
  | "enterDirectory"
  | "leaveDirectory"
  | "beginFile"
  | "data"
  | "inlineData"
  | "endFile"
  | "dropFile"
  | "symlink"
  | "hardlink"
  | "device"
  | "fifo"
  | "socket"
  | "mend"
  | "remove"
>;

/** Tools of an {@linkcode InPlaceTarget}. */
export interface InPlaceParts extends InPlaceRequest {
  /** Raw bytes of the target's path. */
  readonly path: Uint8Array;
  readonly extractor: ChangingExtractor;
  readonly ignored: IgnoredMetadata;
  /** Whether the patterns select a path of the archive; it has no leading slash. */
  isSelected(path: Uint8Array, isDirectory: boolean): boolean;
  /** How many entries a directory of the target has; 0 if that is not known. */
  entriesOf(path: Uint8Array): number;
  /** Whether something of a directory, and of all below it, was left out of the archive. */
  isLeftOutOf?(path: Uint8Array): Promise<boolean>;
  /** Bytes of the chunk that `data` refers to. */
  chunkBytes(): Uint8Array;
  /** Waits where too much is collected. */
  rest(): Promise<void> | undefined;
  change(change: TreeChange): void;
  note(level: "info" | "error", message: string): void;
}

/** A directory that the archive is in. */
interface Level {
  readonly name: Uint8Array;
  readonly metadata: EntryMetadata;
  readonly found: ExistingEntry | undefined;
  /** On a file system that is mounted below the target. */
  readonly isForeign: boolean;
  /** Whether the extractor has been told of it. */
  isEntered: boolean;
  /** Whether entries of the archive may be missing, so that nothing can be told to be too much. */
  isIncomplete: boolean;
  /** Whether the backup has left something out here, or further up. */
  readonly isLeftOutOf: boolean;
  removedXattrs: readonly Uint8Array[];
  /** Entry in its place that is no directory. */
  obstacle: ExistingEntry | undefined;
}

/** A file whose content is being compared. */
interface Comparison {
  readonly fd: number;
  readonly metadata: EntryMetadata;
  readonly difference: EntryDifference;
  readonly pieces: Uint8Array[];
  offset: number;
  differs: boolean;
}

/**
 * Makes a tree that exists equal to an archive: passes on to the extractor only what differs. It is led
 * along the archive by {@linkcode arrive} and {@linkcode leave}, whether entries are selected or not;
 * as a sink it gets those that are.
 */
export class InPlaceTarget implements ExtractSink, ExtraListener {
  readonly #parts: InPlaceParts;
  readonly #tree: ExistingTree | undefined;
  readonly #levels: Level[] = [];
  /** How many of the levels are selected, or on the way to something selected. */
  #wanted = 0;
  /** Existing counterpart of the entry at hand. */
  #found: ExistingEntry | undefined;
  /** Why the entry at hand cannot be made. */
  #isBlocked = false;
  #wasReplaced = false;
  #comparison: Comparison | undefined;
  /** Whether bytes of the file at hand go to the extractor. */
  #isWriting = false;
  #mustWriteAgain = false;
  /** Files with several names that are other files now. */
  readonly #remade = new Set<string>();
  readonly #counts = { kept: 0, changed: 0, made: 0, removed: 0 };
  #errors = 0;
  readonly #buffer = new Uint8Array(COMPARED_BYTES);

  /** @param open Makes the tree that exists; undefined if there is no target yet. */
  constructor(parts: InPlaceParts, open: (listener: ExtraListener) => ExistingTree | undefined) {
    this.#parts = parts;
    this.#tree = open(this);
  }

  /** Entries by what became of them, the root included. */
  get counts(): { kept: number; changed: number; made: number; removed: number } {
    return this.#counts;
  }

  /** Entries that could not be brought into line here. */
  get errors(): number {
    return this.#errors;
  }

  /** Whether the content of the file that has ended is to be written after all: it differs. */
  get mustWriteAgain(): boolean {
    return this.#mustWriteAgain;
  }

  /** The archive arrives at an entry; to be awaited before the sink is told of it. */
  async arrive(entry: PxarEntry): Promise<void> {
    this.#wasReplaced = false;
    this.#isBlocked = false;
    this.#closeFound();
    const tree = this.#tree;
    if (this.#levels.length === 0) {
      this.#push(entry, await tree?.root(), await this.#isLeftOutOf(new Uint8Array()));
      return;
    }
    const isRecord = this.#levels.length === 1 && bytesEqual(entry.name, EXCLUDE_RECORD);
    const found = isRecord
      ? findExcludeRecord(this.#parts.path, this.#parts.verifyContents)
      : await tree?.find(entry.name);
    const isDirectory = entry.kind === "directory";
    if (found !== undefined && (found.kind === "directory") !== isDirectory) {
      if (isDirectory) this.#push(entry, undefined, false, found);
      else await this.#clear(found, entry);
      return;
    }
    if (isDirectory) this.#push(entry, found, await this.#isLeftOutOf(this.#pathOf(entry.name)));
    else this.#found = found;
  }

  /** Entries of the archive are lost in the directory at hand: nothing more of it is removed. */
  loseEntries(): void {
    this.#levels.at(-1)!.isIncomplete = true;
  }

  /** The archive leaves a directory; after the sink was told. */
  async leave(): Promise<void> {
    this.#closeFound();
    await this.#tree?.leave();
    const level = this.#levels.pop()!;
    this.#wanted = Math.min(this.#wanted, this.#levels.length);
    if (level.isEntered && this.#levels.length > 0) this.#parts.extractor.leaveDirectory();
  }

  extra(entry: ExistingEntry, path: readonly Uint8Array[], inside: number): boolean {
    if (entry.fd >= 0) closeFile(entry.fd);
    const level = this.#levels.at(-1)!;
    const isDirectory = entry.kind === "directory";
    const isLeftover = !isDirectory && TEMPORARY.test(String.fromCharCode(...entry.name));
    if (!isLeftover) {
      if (!this.#parts.deleteExtras || level.isIncomplete || inside < 0) return false;
      if (level.isLeftOutOf) return false;
      if (entry.isMountPoint || level.isForeign) return false;
      const place = this.#pathOf(joinNames(path));
      if (!this.#parts.isSelected(place, isDirectory)) return false;
      // What the backup excluded was not told.
      if (isDirectory && this.#parts.entriesOf(place) > inside) return false;
    }
    this.#remove(joinNames(path), isDirectory);
    return true;
  }

  rest(): Promise<void> | undefined {
    return this.#parts.rest();
  }

  root(metadata: EntryMetadata): void {
    this.#want(this.#levels[0]!, metadata);
    this.#wanted = 1;
  }

  enterDirectory(_name: Uint8Array, metadata: EntryMetadata): void {
    this.#want(this.#levels[this.#wanted]!, metadata);
    this.#wanted++;
  }

  leaveDirectory(): void {
    this.#wanted--;
  }

  beginFile(name: Uint8Array, metadata: EntryMetadata, sizeBytes: number): boolean {
    this.#isWriting = false;
    if (this.#isBlocked) return false;
    const found = this.#found;
    const isSame = found?.kind === "file" && found.sizeBytes === sizeBytes &&
      found.metadata!.mtimeSecs === metadata.mtimeSecs &&
      found.metadata!.mtimeNanos === metadata.mtimeNanos;
    if (!isSame) {
      return this.#startWriting(name, metadata, sizeBytes);
    }
    const difference = entryDifference(metadata, found.metadata!, this.#parts.ignored);
    if (!this.#parts.verifyContents || sizeBytes === 0) {
      this.#mend(name, metadata, difference);
      return false;
    }
    const { fd } = found;
    this.#comparison = { fd, metadata, difference, pieces: [], offset: 0, differs: fd < 0 };
    return true;
  }

  data(offset: number, lengthBytes: number): void {
    if (this.#isWriting) this.#parts.extractor.data(offset, lengthBytes);
    else if (this.#comparison !== undefined) {
      const bytes = this.#parts.chunkBytes().subarray(offset, offset + lengthBytes);
      this.#comparison.pieces.push(bytes);
    }
  }

  /** Adds bytes that are in no chunk to the file. */
  inlineData(bytes: Uint8Array): void {
    if (this.#isWriting) this.#parts.extractor.inlineData(bytes);
    else this.#comparison?.pieces.push(bytes);
  }

  /** Compares what `data` has collected; before the chunk goes. */
  async compare(): Promise<void> {
    const comparison = this.#comparison;
    if (comparison === undefined) return;
    for (const piece of comparison.pieces.splice(0)) {
      for (let at = 0; at < piece.length && !comparison.differs;) {
        const length = Math.min(COMPARED_BYTES, piece.length - at);
        const read = await readLater(
          comparison.fd,
          this.#buffer.subarray(0, length),
          comparison.offset + at,
        );
        const part = piece.subarray(at, at + Math.max(read, 0));
        comparison.differs = read <= 0 ||
          compareBytes(this.#buffer.subarray(0, read), part) !== 0;
        at += read;
      }
      comparison.offset += piece.length;
    }
  }

  /** {@linkcode compare} has to be awaited before, if a comparison is under way. */
  endFile(): void {
    if (this.#isWriting) this.#parts.extractor.endFile();
    this.#isWriting = false;
    const comparison = this.#comparison;
    if (comparison === undefined) return;
    this.#comparison = undefined;
    if (comparison.differs) this.#mustWriteAgain = true;
    else this.#mend(this.#found!.name, comparison.metadata, comparison.difference);
  }

  /** Begins the file that has to be written after all. @returns Whether its data is wanted. */
  writeAgain(name: Uint8Array, metadata: EntryMetadata, sizeBytes: number): boolean {
    this.#mustWriteAgain = false;
    return this.#startWriting(name, metadata, sizeBytes);
  }

  dropFile(): void {
    if (this.#isWriting) this.#parts.extractor.dropFile();
    this.#isWriting = false;
    this.#mustWriteAgain = false;
    this.#comparison = undefined;
  }

  symlink(name: Uint8Array, metadata: EntryMetadata, target: Uint8Array): void {
    const found = this.#found;
    if (found?.kind === "symlink" && bytesEqual(found.target!, target)) {
      this.#mend(name, metadata, entryDifference(metadata, found.metadata!, this.#parts.ignored));
      return;
    }
    this.#make(name, ["target"], () => this.#parts.extractor.symlink(name, metadata, target));
  }

  hardlink(name: Uint8Array, targetPath: Uint8Array): void {
    const found = this.#found;
    if (
      found?.kind === "hardlink" && bytesEqual(found.target!, targetPath) &&
      !this.#remade.has(keyOf(targetPath))
    ) {
      this.#counts.kept++;
      return;
    }
    this.#make(name, ["hard link"], () => this.#parts.extractor.hardlink(name, targetPath));
  }

  device(name: Uint8Array, metadata: EntryMetadata, major: number, minor: number): void {
    this.#node(name, metadata, [major, minor], () => {
      this.#parts.extractor.device(name, metadata, major, minor);
    });
  }

  fifo(name: Uint8Array, metadata: EntryMetadata): void {
    this.#node(name, metadata, [0, 0], () => this.#parts.extractor.fifo(name, metadata));
  }

  socket(name: Uint8Array, metadata: EntryMetadata): void {
    this.#node(name, metadata, [0, 0], () => this.#parts.extractor.socket(name, metadata));
  }

  /** Closes what is still open. */
  release(): void {
    this.#closeFound();
  }

  async #isLeftOutOf(path: Uint8Array): Promise<boolean> {
    const isKnown = this.#levels.at(-1)?.isLeftOutOf ?? false;
    return isKnown || await this.#parts.isLeftOutOf?.(path) === true;
  }

  #push(
    { name, metadata }: PxarEntry,
    found: ExistingEntry | undefined,
    isLeftOutOf: boolean,
    obstacle?: ExistingEntry,
  ): void {
    if (obstacle !== undefined && obstacle.fd >= 0) closeFile(obstacle.fd);
    const parent = this.#levels.at(-1);
    this.#levels.push({
      name,
      metadata: metadata!,
      found,
      isForeign: parent !== undefined && (parent.isForeign || (found?.isMountPoint ?? false)),
      isEntered: false,
      isIncomplete: false,
      isLeftOutOf: isLeftOutOf || (parent?.isLeftOutOf ?? false),
      removedXattrs: [],
      obstacle,
    });
    this.#tree?.enter(found !== undefined);
  }

  /** Makes way for an entry that is no directory, where there is one. */
  async #clear(found: ExistingEntry, entry: PxarEntry): Promise<void> {
    const isEmpty = await this.#tree!.passOver(found);
    if (!this.#parts.isSelected(this.#pathOf(entry.name), false)) return;
    if (isEmpty) {
      this.#count("replace", this.#pathOf(entry.name), ["type"]);
      this.#enterAll();
      this.#parts.extractor.remove(entry.name, true);
      this.#wasReplaced = true;
      return;
    }
    this.#isBlocked = true;
    this.#errors++;
    const reason = this.#parts.deleteExtras
      ? "holds what must stay"
      : "is not empty (--delete removes what is in it)";
    const path = quotePath(absolute(this.#pathOf(entry.name)));
    this.#parts.note("error", `cannot replace directory ${path}: it ${reason}`);
  }

  #want(level: Level, metadata: EntryMetadata): void {
    const { found } = level;
    const depth = this.#levels.indexOf(level);
    const path = this.#levels.slice(1, depth + 1).map(({ name }) => name);
    if (found === undefined) {
      if (level.obstacle === undefined) this.#count("make", joinNames(path), []);
      else {
        this.#count("replace", joinNames(path), ["type"]);
        this.#enterAll(depth - 1);
        this.#parts.extractor.remove(level.name, false);
      }
      this.#enterAll(depth);
      return;
    }
    const { parts, removedXattrs } = entryDifference(
      metadata,
      found.metadata!,
      this.#parts.ignored,
    );
    if (parts.length === 0) {
      this.#counts.kept++;
      return;
    }
    level.removedXattrs = removedXattrs;
    this.#count("mend", joinNames(path), parts);
    this.#enterAll(depth);
  }

  /** Has the extractor enter the directories down to a depth; by default the one at hand. */
  #enterAll(depth = this.#levels.length - 1): void {
    for (const [i, level] of this.#levels.entries()) {
      if (i > depth || level.isEntered) continue;
      level.isEntered = true;
      const metadata = this.#mended(level.metadata, level.found?.metadata, level.removedXattrs);
      if (i === 0) this.#parts.extractor.root(metadata);
      else this.#parts.extractor.enterDirectory(level.name, metadata);
    }
  }

  #startWriting(name: Uint8Array, metadata: EntryMetadata, sizeBytes: number): boolean {
    this.#make(name, ["content"], () => {
      this.#isWriting = this.#parts.extractor.beginFile(name, metadata, sizeBytes);
    });
    return this.#isWriting;
  }

  #node(
    name: Uint8Array,
    metadata: EntryMetadata,
    numbers: readonly [number, number],
    make: () => void,
  ): void {
    const found = this.#found;
    const isSame = found?.metadata !== undefined &&
      ((found.metadata.mode ^ metadata.mode) & S_IFMT) === 0 &&
      found.major === numbers[0] && found.minor === numbers[1];
    if (!isSame) return this.#make(name, ["type"], make);
    this.#mend(name, metadata, entryDifference(metadata, found.metadata!, this.#parts.ignored));
  }

  /** Makes an entry, in the place of what was found. */
  #make(name: Uint8Array, parts: readonly string[], make: () => void): void {
    if (this.#isBlocked) return;
    const found = this.#found;
    const path = this.#pathOf(name);
    if (found !== undefined) {
      const isOther = found.metadata === undefined;
      if (found.isShared || isOther) this.#remade.add(keyOf(path));
      this.#count("replace", path, parts);
    } else if (!this.#wasReplaced) this.#count("make", path, []);
    this.#enterAll();
    make();
  }

  #mend(name: Uint8Array, metadata: EntryMetadata, difference: EntryDifference): void {
    const { parts, removedXattrs } = difference;
    if (parts.length === 0) {
      this.#counts.kept++;
      return;
    }
    this.#count("mend", this.#pathOf(name), parts);
    this.#enterAll();
    this.#parts.extractor.mend(name, this.#mended(metadata, this.#found?.metadata, removedXattrs));
  }

  #mended(
    metadata: EntryMetadata,
    found: EntryMetadata | undefined,
    removedXattrs: readonly Uint8Array[],
  ): MendedMetadata {
    const projectId = metadata.projectId ?? (found?.projectId === undefined ? undefined : 0);
    const removed = removedXattrs.length === 0 ? {} : { removedXattrs };
    return { ...metadata, projectId, ...removed };
  }

  #remove(below: Uint8Array, isDirectory: boolean): void {
    this.#counts.removed++;
    this.#change("remove", below, []);
    this.#enterAll();
    this.#parts.extractor.remove(below, isDirectory);
  }

  #count(action: "make" | "replace" | "mend", path: Uint8Array, parts: readonly string[]): void {
    if (action === "make") this.#counts.made++;
    else this.#counts.changed++;
    this.#parts.change({ action, path: absolute(path), parts });
  }

  #change(action: TreeChange["action"], below: Uint8Array, parts: readonly string[]): void {
    this.#parts.change({ action, path: absolute(this.#pathOf(below)), parts });
  }

  /** Path from the archive's root of something below the directory at hand. */
  #pathOf(below: Uint8Array): Uint8Array {
    return joinNames([...this.#levels.slice(1).map(({ name }) => name), below]);
  }

  #closeFound(): void {
    const found = this.#found;
    this.#found = undefined;
    this.#comparison = undefined;
    if (found !== undefined && found.fd >= 0) closeFile(found.fd);
  }
}

function absolute(path: Uint8Array): Uint8Array {
  return joinNames([NAMELESS, path]);
}

function keyOf(path: Uint8Array): string {
  return String.fromCharCode(...path);
}
