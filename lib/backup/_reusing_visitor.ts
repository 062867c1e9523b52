import { quotePath } from "../bytes/mod.ts";
import { Errno, errnoText } from "../../ffi/errno.ts";
import { closeCaptured } from "../../ffi/capture.ts";
import type { ChunkStream } from "../chunking/mod.ts";
import { PbsError, SystemError } from "../errors/mod.ts";
import {
  type HardlinkTarget,
  reopenSourceFile,
  type TreeVisitor,
  type WalkedFile,
  type WalkPath,
  type WalkWarning,
} from "../fs/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";
import { type EntryMetadata, PAYLOAD_HEADER_BYTES } from "../pxar/mod.ts";
import type { PxarEncoder, PxarEntry } from "../pxar/mod.ts";
import {
  MORE_INPUT,
  type PreviousRecord,
  type PreviousTree,
  type RereadRound,
  type ReusePlanner,
  type ReuseSink,
} from "../reuse/mod.ts";
import type { ReuseStatistics } from "./backup_request.ts";
import type { ArchivingVisitor } from "./_tree_visitor.ts";
import { isUnchangedFile } from "./_unchanged_file.ts";

/** Entries that may have come from the walk and not been looked up; files among them are open. */
const ARRIVED_MAX = 128;

/** A regular file that the walk found. */
interface WaitingFile extends Omit<WalkedFile, "fd"> {
  readonly path: Uint8Array;
  /** -1 once it is closed, or if it is empty. */
  fd: number;
}

/** Everything else that the walk found. */
interface WalkedOther {
  /** Puts it into the archive. */
  readonly emit: () => void;
  /** Name of a directory that is entered here. */
  readonly enters?: Uint8Array;
  /** Whether the directory at hand is left here. */
  readonly leaves?: true;
}

type Walked = WaitingFile | WalkedOther;

/** Decisions, in the order of the archive. */
type Decided =
  | { readonly kind: "other"; readonly entry: WalkedOther }
  | { readonly kind: "encode"; readonly entry: WaitingFile }
  | { readonly kind: "refer"; readonly entry: WaitingFile; readonly ahead: number }
  | { readonly kind: "inject"; readonly first: number; readonly end: number };

/** Tools of a {@linkcode ReusingVisitor}. */
export interface ReuseDestination {
  readonly encoder: PxarEncoder;
  readonly payload: ChunkStream;
  /** The previous payload index, registered with the target. */
  readonly index: ChunkIndex;
  readonly tree: PreviousTree;
  readonly record: PreviousRecord;
  /** Chooses unchanged files that are read all the same. */
  readonly reread: RereadRound;
  /** Path of the source, raw bytes. */
  readonly source: Uint8Array;
  readonly makePlanner: (sink: ReuseSink<Walked>) => ReusePlanner<Walked>;
  readonly onWarning: (warning: WalkWarning) => void;
}

/**
 * Takes files whose metadata has not changed over from the previous archive, and leaves all others
 * to another visitor (spec: client-pipeline.md §3.4-§3.12).
 *
 * The walk's calls only queue; `drain` looks entries up, lets the planner decide, and carries its
 * decisions out in order. An unchanged file is closed immediately, and opened again if it has to be read
 * after all.
 */
export class ReusingVisitor implements TreeVisitor {
  readonly statistics: ReuseStatistics = {
    reusedFiles: 0,
    reusedBytes: 0,
    encodedFiles: 0,
    encodedBytes: 0,
    hardlinks: 0,
    injectedBytes: 0,
    partialChunks: 0,
  };
  readonly #inner: ArchivingVisitor;
  readonly #destination: ReuseDestination;
  readonly #planner: ReusePlanner<Walked>;
  #arrived: Walked[] = [];
  readonly #decided: Decided[] = [];
  #path: WalkPath | undefined;
  /** Path of the file being encoded. */
  #encoding = new Uint8Array();
  /** First names that were gone when they had to be read; a later name takes their place. */
  readonly #lost = new Map<HardlinkTarget, WaitingFile>();
  /** Ranges referred to in the chunks put in next, by distance from the stream's end. */
  #referred: { start: number; end: number }[] = [];

  constructor(inner: ArchivingVisitor, destination: ReuseDestination) {
    this.#inner = inner;
    this.#destination = destination;
    this.#planner = destination.makePlanner({
      pass: (entry) => this.#decided.push({ kind: "other", entry: entry as WalkedOther }),
      encode: (entry) => this.#decided.push({ kind: "encode", entry: entry as WaitingFile }),
      refer: (entry, ahead) =>
        this.#decided.push({ kind: "refer", entry: entry as WaitingFile, ahead }),
      inject: (first, end) => this.#decided.push({ kind: "inject", first, end }),
    });
  }

  get full(): boolean {
    return this.#arrived.length >= ARRIVED_MAX || this.#inner.full;
  }

  async drain(): Promise<void> {
    await this.#work();
    if (this.#inner.full) await this.#inner.drain();
  }

  async letFilesGo(): Promise<void> {
    await this.#work();
    await this.#inner.letFilesGo();
  }

  /** Carries out what still waits; to be awaited when the walk is over. */
  async finish(): Promise<void> {
    await this.#work();
    this.#planner.interrupt();
    await this.#carryOut();
    this.#inner.leaveRoot();
  }

  /** Closes the files that were not taken; for a walk that has failed. */
  abandon(): void {
    for (const entry of this.#arrived.splice(0)) if ("fd" in entry) this.#close(entry);
    for (const { kind, ...rest } of this.#decided.splice(0)) {
      if (kind === "encode" && "entry" in rest) this.#close(rest.entry as WaitingFile);
    }
  }

  enterRoot(metadata: EntryMetadata, path: WalkPath): void {
    this.#path = path;
    this.#inner.enterRoot(metadata, { bytes: () => this.#encoding.slice() });
  }

  /** Nothing yet: {@linkcode ReusingVisitor.finish} ends the archive. */
  leaveRoot(): void {}

  enterDirectory(name: Uint8Array, metadata: EntryMetadata): void {
    this.#add({ enters: name, emit: () => this.#inner.enterDirectory(name, metadata) });
  }

  leaveDirectory(): void {
    this.#add({ leaves: true, emit: () => this.#inner.leaveDirectory() });
  }

  file(file: WalkedFile): void {
    this.#add({ ...file, path: this.#path!.bytes() });
  }

  hardlink(name: Uint8Array, target: HardlinkTarget): void {
    const path = this.#path!.bytes();
    this.#add({ emit: () => this.#emitHardlink(name, target, path) });
  }

  symlink(name: Uint8Array, metadata: EntryMetadata, target: Uint8Array): void {
    this.#add({ emit: () => this.#inner.symlink(name, metadata, target) });
  }

  device(name: Uint8Array, metadata: EntryMetadata, major: number, minor: number): void {
    this.#add({ emit: () => this.#inner.device(name, metadata, major, minor) });
  }

  fifo(name: Uint8Array, metadata: EntryMetadata): void {
    this.#add({ emit: () => this.#inner.fifo(name, metadata) });
  }

  socket(name: Uint8Array, metadata: EntryMetadata): void {
    this.#add({ emit: () => this.#inner.socket(name, metadata) });
  }

  #add(entry: Walked): void {
    this.#arrived.push(entry);
  }

  /** Looks up what has arrived and carries out what is decided by then. */
  async #work(): Promise<void> {
    const { tree } = this.#destination;
    const arrived = this.#arrived;
    this.#arrived = [];
    try {
      for (let entry = arrived.shift(); entry !== undefined; entry = arrived.shift()) {
        if ("fd" in entry) await this.#workOnFile(entry);
        else {
          const { enters, leaves } = entry;
          if (enters !== undefined) {
            while (tree.enter(enters) === MORE_INPUT) await tree.refill();
          } else if (leaves) {
            while (tree.leave() === MORE_INPUT) await tree.refill();
          }
          this.#planner.other(entry);
        }
        if (this.#planner.waiting > this.#planner.maxWaiting) this.#planner.relieve();
        if (this.#decided.length > 0) await this.#carryOut();
      }
    } catch (error) {
      this.#arrived = arrived;
      throw error;
    }
  }

  async #workOnFile(file: WaitingFile): Promise<void> {
    const { tree } = this.#destination;
    let previous = tree.find(file.name);
    while (previous === MORE_INPUT) {
      await tree.refill();
      previous = tree.find(file.name);
    }
    if (previous !== undefined && this.#isUnchanged(file, previous)) {
      this.#close(file);
      const start = previous.payloadOffset;
      this.#planner.unchanged(file, { start, end: start + PAYLOAD_HEADER_BYTES + file.sizeBytes });
    } else {
      this.#planner.interrupt();
      this.#decided.push({ kind: "encode", entry: file });
    }
  }

  /** Whether the previous archive has the content, and it is not the file's turn to be read again. */
  #isUnchanged(file: WaitingFile, previous: PxarEntry): boolean {
    const { record, reread } = this.#destination;
    return isUnchangedFile(file, previous, record) && !reread.takes(file.path, file.sizeBytes);
  }

  async #carryOut(): Promise<void> {
    for (let i = 0; i < this.#decided.length; i++) {
      this.#perform(this.#decided[i]!);
      if (this.#inner.full) {
        this.#decided.splice(0, i + 1);
        i = -1;
        await this.#inner.drain();
      }
    }
    this.#decided.length = 0;
  }

  #perform(decided: Decided): void {
    switch (decided.kind) {
      case "other":
        return decided.entry.emit();
      case "encode":
        return this.#encode(decided.entry);
      case "refer":
        return this.#refer(decided.entry, decided.ahead);
      case "inject":
        return this.#inject(decided.first, decided.end);
    }
  }

  #encode(file: WaitingFile): void {
    const { name, metadata, sizeBytes, link } = file;
    if (sizeBytes > 0 && file.fd < 0 && !this.#reopen(file, file.path)) {
      if (link !== undefined) this.#lost.set(link, file);
      return;
    }
    this.#encoding = new Uint8Array(file.path);
    this.#inner.file({ name, metadata, sizeBytes, fd: file.fd, link });
    this.#count(file);
    this.statistics.encodedFiles++;
    this.statistics.encodedBytes += PAYLOAD_HEADER_BYTES + sizeBytes;
  }

  #refer(file: WaitingFile, ahead: number): void {
    const { encoder, payload } = this.#destination;
    payload.suggestBoundary(encoder.payloadPosition);
    const offset = encoder.payloadPosition + ahead;
    const { name, metadata, sizeBytes, link } = file;
    const position = encoder.addReusedFile(name, metadata, offset, sizeBytes);
    if (link !== undefined) link.position = position;
    this.#inner.countFile();
    this.#count(file);
    const end = ahead + PAYLOAD_HEADER_BYTES + sizeBytes;
    const last = this.#referred.at(-1);
    if (last?.end === ahead) last.end = end;
    else this.#referred.push({ start: ahead, end });
    this.statistics.reusedFiles++;
    this.statistics.reusedBytes += PAYLOAD_HEADER_BYTES + sizeBytes;
  }

  #count({ link }: WaitingFile): void {
    if (link !== undefined) this.statistics.hardlinks++;
  }

  #inject(first: number, end: number): void {
    const { encoder, payload, index } = this.#destination;
    if (payload.position !== encoder.payloadPosition) {
      throw new PbsError("the payload stream and its references are out of step");
    }
    const chunks = Array.from({ length: end - first }, (_, i) => ({
      digest: index.digestAt(first + i),
      size: index.endOf(first + i) - index.startOf(first + i),
    }));
    payload.injectChunks(payload.position, chunks);
    const bytes = index.endOf(end - 1) - index.startOf(first);
    encoder.advancePayload(bytes);
    this.statistics.injectedBytes += bytes;
    this.#countPartial(chunks.map(({ size }) => size));
  }

  /** Counts the chunks of which not everything is referred to. */
  #countPartial(sizes: readonly number[]): void {
    let at = 0;
    let next = 0;
    for (const size of sizes) {
      const end = at + size;
      let used = 0;
      while (next < this.#referred.length && this.#referred[next]!.start < end) {
        const range = this.#referred[next]!;
        used += Math.min(range.end, end) - Math.max(range.start, at);
        if (range.end > end) break;
        next++;
      }
      if (used < size) this.statistics.partialChunks++;
      at = end;
    }
    this.#referred = this.#referred.slice(next)
      .map(({ start, end }) => ({ start: start - at, end: end - at }));
  }

  #emitHardlink(name: Uint8Array, target: HardlinkTarget, path: Uint8Array): void {
    const lost = this.#lost.get(target);
    if (lost === undefined || target.position !== undefined) {
      return this.#inner.hardlink(name, target);
    }
    // The name that had the content is gone; this one is another of the same file.
    if (!this.#reopen(lost, path)) return;
    this.#lost.delete(target);
    target.path = path;
    this.#encode({ ...lost, name, path });
  }

  /** Opens an unchanged file that has to be read after all. @returns false if it is not there. */
  #reopen(file: WaitingFile, path: Uint8Array): boolean {
    const { source, onWarning } = this.#destination;
    const fd = reopenSourceFile(source, path, file.identity);
    if (fd >= 0) {
      file.fd = fd;
      return true;
    }
    if (fd === -Errno.EACCES) onWarning({ kind: "open-denied", path, errno: Errno.EACCES });
    else if (fd === -Errno.ENOENT) onWarning({ kind: "vanished", path });
    else if (fd === -Errno.ESTALE) onWarning({ kind: "stale", path });
    else {
      throw new SystemError(-fd, `error at ${quotePath(path)}: cannot open: ${errnoText(-fd)}`);
    }
    return false;
  }

  #close(file: WaitingFile): void {
    if (file.fd >= 0) closeCaptured(file.fd);
    file.fd = -1;
  }
}
