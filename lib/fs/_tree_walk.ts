import { quotePath } from "../bytes/mod.ts";
import {
  type CaptureBatch,
  closeBatch,
  closeCaptured,
  type TreeCapture,
} from "../../ffi/capture.ts";
import {
  CAPTURE_ENTRY_BYTES,
  CAPTURE_FAILURE_BYTES,
  CAPTURE_MARK_BYTES,
  CaptureBeginWord,
  CaptureEntryWord,
  CaptureFailureWord,
  CaptureFlag,
  CaptureKind,
  CaptureMarkWord,
} from "../../ffi/native_layout.ts";
import { Errno, errnoText } from "../../ffi/errno.ts";
import { openFilesShare } from "../../ffi/open_files.ts";
import { CorruptDataError, PbsError, SystemError } from "../errors/mod.ts";
import {
  type EntryMetadata,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "../pxar/mod.ts";
import { CapturedFlags, capturedMetadata } from "./capture_metadata.ts";
import { skipKind, STEP_TEXTS } from "./_capture_failures.ts";
import { DirectoryRules } from "./_directory_rules.ts";
import { EXCLUDE_FILE_NAME } from "./exclude_file.ts";
import { namesLeftOut } from "./_names_left_out.ts";
import { captureFeatures, isVirtualFileSystem } from "./filesystem_features.ts";
import { HardlinkTable } from "./_hardlink_table.ts";
import { DEFAULT_ENTRIES_MAX, type WalkOptions } from "./walk_options.ts";
import { wide, wideKey } from "./_wide_words.ts";
import type { WalkProgress } from "./walk_progress.ts";
import type { HardlinkTarget, TreeVisitor, WalkPath } from "./walk_visitor.ts";
import type { WalkWarningKind } from "./walk_warning.ts";

/** Options of a walk whose source is open. */
export interface TreeWalkOptions extends WalkOptions {
  readonly progress: WalkProgress;
  /** Bits of `CaptureFeature`. */
  readonly wanted: number;
}

const DEFAULT_OPEN_FILES_MAX = 512;
const OPEN_FILES_PART = 1 / 4;
const SLASH = 0x2f;
const EXCLUDE_FILE_BYTES = new TextEncoder().encode(EXCLUDE_FILE_NAME);
const NO_NAME = new Uint8Array();

/** The walk's answer to a record at which the native core paused. */
interface Decision {
  readonly enter: boolean;
  readonly features: number;
}

const GO_ON: Decision = { enter: true, features: 0 };

/** A walk in progress: turns the records of the native core into the visitor's calls. */
export class TreeWalk implements WalkPath {
  readonly progress: WalkProgress;
  readonly #flags = new CapturedFlags();
  readonly #capture: TreeCapture;
  readonly #options: TreeWalkOptions;
  readonly #visitor: TreeVisitor;
  readonly #hardlinks = new HardlinkTable();
  readonly #rules: DirectoryRules;
  readonly #largestBytes: number;
  /** Names of the directories the walk is in, without the root. */
  readonly #names: Uint8Array[] = [];
  /** For the root and each of those: how many entries it has. */
  readonly #counts: number[] = [];
  /** Name of the entry being visited if it is not the innermost directory itself. */
  #leaf: Uint8Array = NO_NAME;
  #openEntries = 0;
  #flagsSeen = 0;
  #devices: Set<number> | undefined;
  #decision: Decision = GO_ON;
  #closed = false;
  #batch: CaptureBatch | undefined;
  /** Word index after the record being handled: what follows was not handed on yet. */
  #handled = 0;

  constructor(capture: TreeCapture, options: TreeWalkOptions, visitor: TreeVisitor) {
    this.#capture = capture;
    this.#options = options;
    this.#visitor = visitor;
    this.progress = options.progress;
    this.#rules = new DirectoryRules(capture, options);
    this.#largestBytes = options.filters?.largerThanBytes ?? Infinity;
  }

  /** Tells the native core what is to be left out; before all else. */
  begin(): void {
    this.#rules.begin();
  }

  /**
   * Walks to the end.
   *
   * @param aborted Rejects when the walk shall end early.
   */
  async run(aborted?: Promise<never>): Promise<void> {
    const { signal } = this.#options;
    const openFilesMax = this.#options.openFilesMax ??
      openFilesShare(OPEN_FILES_PART, DEFAULT_OPEN_FILES_MAX);
    // One batch is handed on while the next one is read.
    const batchFiles = Math.max(1, openFilesMax >> 1);
    const visitor = this.#visitor;
    let next = this.#capture.next(batchFiles);
    for (;;) {
      const batch = await next;
      // After an abort nobody waits for this call any more, and the descriptors were closed.
      if (this.#closed) return;
      this.#batch = batch;
      this.#handled = 0;
      if (batch.state === "running") next = this.#capture.next(batchFiles);
      const { words } = batch;
      for (let at = 0; at < words.length; at = this.#handled) {
        this.#handled = at + (words[at + CaptureEntryWord.length]! >>> 2);
        this.#handle(batch, at);
        if (!visitor.full) continue;
        await (aborted ? Promise.race([visitor.drain(), aborted]) : visitor.drain());
      }
      if (words.length === 0 && batch.state === "running") await visitor.letFilesGo?.();
      if (signal?.aborted) await aborted;
      if (batch.state === "complete") return;
      if (batch.state === "paused") {
        this.#rules.apply();
        this.#capture.resume(this.#decision.enter, this.#decision.features);
        next = this.#capture.next(batchFiles);
      }
    }
  }

  /** Frees everything and closes what the visitor did not get. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#batch) closeBatch(this.#batch, this.#handled);
    await this.#capture.close(this.#batch);
  }

  /**
   * Names of extended attributes that entries have and no archive holds, as far as they are told.
   */
  get attributesLeftOut(): string[] {
    return namesLeftOut(this.#flagsSeen);
  }

  /** Path of the entry being visited. */
  bytes(): Uint8Array<ArrayBuffer> {
    const parts = this.#leaf.length === 0 ? this.#names : [...this.#names, this.#leaf];
    let length = Math.max(0, parts.length - 1);
    for (const part of parts) length += part.length;
    const path = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      if (at > 0) path[at++] = SLASH;
      path.set(part, at);
      at += part.length;
    }
    return path;
  }

  #handle(batch: CaptureBatch, at: number): void {
    switch (batch.words[at + CaptureEntryWord.kind]) {
      case CaptureKind.Entry:
        return this.#handleEntry(batch, at);
      case CaptureKind.Begin:
        return this.#handleBegin(batch.words[at + CaptureBeginWord.count]!);
      case CaptureKind.End:
        return this.#handleEnd();
      case CaptureKind.Failed:
        return this.#handleFailure(batch, at);
      case CaptureKind.ExcludeFile:
        return this.#handleExcludeFile(batch, at);
      case CaptureKind.Mark:
        return this.#handleMark(batch, at);
    }
  }

  #handleEntry(batch: CaptureBatch, at: number): void {
    const { words, bytes } = batch;
    const fileType = words[at + CaptureEntryWord.mode]! & S_IFMT;
    this.#flagsSeen |= words[at + CaptureEntryWord.flags]!;
    const nameAt = at * 4 + CAPTURE_ENTRY_BYTES;
    const name = bytes.subarray(nameAt, nameAt + words[at + CaptureEntryWord.nameLength]!);
    if (fileType === S_IFDIR) return this.#handleDirectory(batch, at, name);
    this.#leaf = name;
    if (fileType === S_IFREG) this.#handleFile(batch, at, name);
    else this.#handleOther(batch, at, name, fileType);
    this.#leaf = NO_NAME;
  }

  #handleDirectory(batch: CaptureBatch, at: number, name: Uint8Array): void {
    const { words } = batch;
    const flags = words[at + CaptureEntryWord.flags]!;
    if ((flags & CaptureFlag.Root) !== 0) {
      if (!this.#options.allFileSystems) {
        this.#devices = new Set(this.#options.includeDevices).add(
          wide(words, at + CaptureEntryWord.device),
        );
      }
      const metadata = this.#metadata(batch, at);
      this.progress.directories++;
      this.#visitor.enterRoot(metadata, this);
      return;
    }
    this.#names.push(name);
    const metadata = this.#metadata(batch, at);
    this.progress.directories++;
    const isMountPoint = (flags & CaptureFlag.MountPoint) !== 0;
    this.#visitor.enterDirectory(name, metadata, isMountPoint);
    if (!isMountPoint) return;
    const magic = words[at + CaptureEntryWord.fileSystem]!;
    const enter = !isVirtualFileSystem(magic) &&
      (this.#devices?.has(wide(words, at + CaptureEntryWord.device)) ?? true);
    if (!enter) this.#options.onWarning?.({ kind: "mount-point", path: this.bytes() });
    this.#decision = { enter, features: captureFeatures(magic, this.#options.wanted) };
  }

  #handleFile(batch: CaptureBatch, at: number, name: Uint8Array): void {
    const { words } = batch;
    const fd = words[at + CaptureEntryWord.descriptor]! | 0;
    const links = words[at + CaptureEntryWord.links]!;
    const sizeBytes = wide(words, at + CaptureEntryWord.size);
    let link: HardlinkTarget | undefined;
    if (links > 1) {
      const dev = wide(words, at + CaptureEntryWord.device);
      const ino = wideKey(words, at + CaptureEntryWord.inode);
      const first = this.#hardlinks.meetAgain(dev, ino);
      if (first !== undefined) {
        if (fd >= 0) closeCaptured(fd);
        this.progress.hardlinks++;
        this.#visitor.hardlink(name, first);
        return;
      }
      if (sizeBytes <= this.#largestBytes) {
        link = this.#hardlinks.add(dev, ino, links, this.bytes());
      }
    }
    if (sizeBytes > this.#largestBytes) {
      if (fd >= 0) closeCaptured(fd);
      this.progress.tooLarge++;
      this.progress.tooLargeBytes += sizeBytes;
      return;
    }
    let metadata;
    try {
      metadata = this.#metadata(batch, at);
    } catch (error) {
      if (fd >= 0) closeCaptured(fd);
      throw error;
    }
    this.progress.files++;
    this.progress.fileBytes += sizeBytes;
    const identity = {
      device: wide(words, at + CaptureEntryWord.device),
      inode: wideKey(words, at + CaptureEntryWord.inode),
    };
    this.#visitor.file({ name, metadata, sizeBytes, fd, link, identity });
  }

  #handleOther(batch: CaptureBatch, at: number, name: Uint8Array, fileType: number): void {
    const { words, bytes } = batch;
    const metadata = this.#metadata(batch, at);
    switch (fileType) {
      case S_IFLNK: {
        const targetAt = at * 4 + CAPTURE_ENTRY_BYTES + name.length;
        const target = bytes.subarray(
          targetAt,
          targetAt + words[at + CaptureEntryWord.targetLength]!,
        );
        this.#visitor.symlink(name, metadata, target);
        break;
      }
      case S_IFCHR:
      case S_IFBLK: {
        const major = words[at + CaptureEntryWord.rdevMajor]!;
        this.#visitor.device(name, metadata, major, words[at + CaptureEntryWord.rdevMinor]!);
        break;
      }
      case S_IFIFO:
        this.#visitor.fifo(name, metadata);
        break;
      case S_IFSOCK:
        this.#visitor.socket(name, metadata);
        break;
      default:
        throw new PbsError(
          `error at ${this.#quoted()}: file type ${fileType.toString(8)} is not known`,
        );
    }
    this.progress.others++;
  }

  /** The current path for a message, the root as a dot. */
  #quoted(): string {
    const path = this.bytes();
    return path.length === 0 ? '"."' : quotePath(path);
  }

  #metadata(batch: CaptureBatch, at: number): EntryMetadata {
    const tooLarge = (batch.words[at + CaptureEntryWord.flags]! & CaptureFlag.XattrsTooLarge) !== 0;
    if (tooLarge && !this.#options.skipE2bigXattr) {
      throw new SystemError(
        Errno.E2BIG,
        `error at ${this.#quoted()}: extended attributes are too large, ` +
          "skip them with --skip-e2big-xattr",
      );
    }
    try {
      return capturedMetadata(batch, at, this.#flags);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new CorruptDataError(`error at ${this.#quoted()}: ${reason}`, { cause });
    }
  }

  #handleBegin(count: number): void {
    const { entriesMax = DEFAULT_ENTRIES_MAX } = this.#options;
    this.#openEntries += count;
    this.#counts.push(count);
    if (this.#openEntries > entriesMax) {
      throw new PbsError(
        `error at ${this.#quoted()}: ` +
          `exceeded allowed number of file entries (> ${entriesMax})`,
      );
    }
  }

  #handleEnd(): void {
    // A mount point that was not entered ends without having begun.
    if (this.#counts.length > this.#names.length) this.#openEntries -= this.#counts.pop()!;
    this.#rules.leave(this.#names.length);
    if (this.#names.length === 0) {
      this.#visitor.leaveRoot();
      return;
    }
    this.#visitor.leaveDirectory();
    this.#names.pop();
  }

  #handleFailure(batch: CaptureBatch, at: number): void {
    const { words, bytes } = batch;
    const step = words[at + CaptureFailureWord.step]!;
    const errno = words[at + CaptureFailureWord.errno]!;
    const nameAt = at * 4 + CAPTURE_FAILURE_BYTES;
    this.#leaf = bytes.subarray(nameAt, nameAt + words[at + CaptureFailureWord.textLength]!);
    this.#skipOrFail(step, errno);
    this.progress.skipped++;
    this.#leaf = NO_NAME;
  }

  #handleExcludeFile(batch: CaptureBatch, at: number): void {
    const { words, bytes } = batch;
    this.#decision = GO_ON;
    if (this.#options.ignoresExcludeFiles) return;
    const directory = this.bytes();
    this.#leaf = EXCLUDE_FILE_BYTES;
    if (words[at + CaptureFailureWord.errno] !== 0) {
      this.#skipOrFail(words[at + CaptureFailureWord.step]!, words[at + CaptureFailureWord.errno]!);
    } else {
      const contentAt = at * 4 + CAPTURE_FAILURE_BYTES;
      const content = bytes.subarray(
        contentAt,
        contentAt + words[at + CaptureFailureWord.textLength]!,
      );
      this.#rules.addExcludeFile(content, directory, this.bytes());
    }
    this.#leaf = NO_NAME;
  }

  #handleMark(batch: CaptureBatch, at: number): void {
    const { words, bytes } = batch;
    this.#decision = GO_ON;
    const index = words[at + CaptureMarkWord.index]!;
    const errno = words[at + CaptureMarkWord.errno]!;
    const directory = this.bytes();
    this.#leaf = this.#rules.nameOf(index);
    if (errno === 0) {
      const start = at * 4 + CAPTURE_MARK_BYTES;
      const text = bytes.subarray(start, start + words[at + CaptureMarkWord.textLength]!);
      this.#rules.addMark(index, text, directory, this.#names.length);
    } else if (errno === Errno.EINVAL) {
      this.#rules.refuse(index, this.bytes());
    } else {
      this.#skipOrFail(words[at + CaptureMarkWord.step]!, errno, "exclude-file");
    }
    this.#leaf = NO_NAME;
  }

  #skipOrFail(step: number, errno: number, as?: WalkWarningKind): void {
    const path = this.bytes();
    // Without its root an archive would be empty, and look like a backup.
    const skipped = path.length === 0 ? undefined : skipKind(step, errno);
    const kind = skipped && (as ?? skipped);
    if (kind === undefined) {
      throw new SystemError(
        errno,
        `error at ${this.#quoted()}: ${STEP_TEXTS[step]} it: ${errnoText(errno)}`,
      );
    }
    const detail = kind === "unreachable" ? { detail: STEP_TEXTS[step]! } : {};
    this.#options.onWarning?.({ kind, path, errno, ...detail });
  }
}
