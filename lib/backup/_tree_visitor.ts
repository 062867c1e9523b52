import { quotePath } from "../bytes/mod.ts";
import type { CatalogWriter } from "../catalog/mod.ts";
import {
  type ByteSink,
  SpliceError,
  type SpliceProblem,
  WRITES_UNDER_WAY,
} from "../chunking/mod.ts";
import { SystemError } from "../errors/mod.ts";
import { errnoText } from "../../ffi/errno.ts";
import {
  EXCLUDE_CLI_FILE_NAME,
  type HardlinkTarget,
  type TreeVisitor,
  type WalkedFile,
  type WalkPath,
  type WalkWarning,
} from "../fs/mod.ts";
import type { EntryMetadata, PxarEncoder } from "../pxar/mod.ts";
import type { BackupProgress } from "./backup_request.ts";

const S_IFMT = 0o170000;
const S_IFBLK = 0o060000;

/** A stream that contents of files are spliced into. */
export interface ContentStream extends ByteSink {
  /** Tells where a file begins, for a stream of its own; see `ChunkStream`. */
  suggestBoundary(offset: number): void;
  /** Problems of files since the last call. */
  takeProblems(): SpliceProblem[];
}

/** Encoder, streams and catalog that a tree is written to. */
export interface TreeDestination<Stream extends ContentStream = ContentStream> {
  readonly encoder: PxarEncoder;
  /** The archive, or the metadata stream of a split archive. */
  readonly stream: Stream;
  /** The payload stream of a split archive. */
  readonly payload?: Stream;
  /** Only for archives that are not split. */
  readonly catalog?: { readonly writer: CatalogWriter; readonly stream: ByteSink };
  /** Prelude of a split archive. */
  readonly prelude?: Uint8Array;
  /** Content of the generated `.pxarexclude-cli` of an unsplit archive. */
  readonly excludeCliFile?: { readonly content: Uint8Array; readonly metadata: EntryMetadata };
}

/** Counters of a walk, updated in place. */
export type TreeProgress = Pick<BackupProgress, "path" | "files" | "directories">;

/** Encodes what a walk finds into the streams of an archive and into the catalog. */
export class ArchivingVisitor implements TreeVisitor {
  readonly #encoder: PxarEncoder;
  readonly #payload: ContentStream;
  readonly #destination: TreeDestination;
  readonly #catalog: CatalogWriter | undefined;
  readonly #onWarning: (warning: WalkWarning) => void;
  readonly #suggests: boolean;
  readonly #progress: TreeProgress;
  #path: WalkPath | undefined;
  // Paths of spliced files by tag, until the stream can no longer report on them: what was collected
  // since the last drain, and what the drains before it handed on.
  #collected = new Map<number, Uint8Array>();
  readonly #handedOn: Map<number, Uint8Array>[] = [];
  #nextTag = 0;

  /**
   * @param destination Where everything goes.
   * @param progress Counts files and directories.
   * @param onWarning Told about files that changed, or failed, while they were read.
   */
  constructor(
    destination: TreeDestination,
    progress: TreeProgress,
    onWarning: (warning: WalkWarning) => void,
  ) {
    this.#destination = destination;
    this.#progress = progress;
    this.#encoder = destination.encoder;
    this.#payload = destination.payload ?? destination.stream;
    this.#suggests = destination.payload !== undefined;
    this.#catalog = destination.catalog?.writer;
    this.#onWarning = onWarning;
  }

  get full(): boolean {
    return this.#payload.full || this.#destination.stream.full ||
      this.#destination.catalog?.stream.full === true;
  }

  async drain(): Promise<void> {
    const { stream, payload, catalog } = this.#destination;
    try {
      if (payload?.full) await this.#drainPayload(payload);
      if (stream.full) {
        if (payload === undefined) await this.#drainPayload(stream);
        else await stream.drain();
      }
      if (catalog?.stream.full) await catalog.stream.drain();
    } catch (error) {
      throw this.explain(error);
    }
  }

  async letFilesGo(): Promise<void> {
    try {
      await this.#drainPayload(this.#payload);
    } catch (error) {
      throw this.explain(error);
    }
  }

  /** Reports what is left after the streams have ended. */
  settle(): void {
    this.#report();
  }

  /** Names the file that a failed read belongs to. */
  explain(error: unknown): unknown {
    if (!(error instanceof SpliceError)) return error;
    const path = this.#pathOf(error.tag);
    return path === undefined ? error : new SystemError(
      error.errno,
      `error at ${quotePath(path)}: cannot read file: ${errnoText(error.errno)}`,
      { cause: error },
    );
  }

  enterRoot(metadata: EntryMetadata, path: WalkPath): void {
    this.#path = path;
    this.#progress.path = () => path.bytes();
    this.#encoder.startArchive(metadata, this.#destination.prelude);
    this.#progress.directories++;
  }

  leaveRoot(): void {
    this.#progress.path = undefined;
    const generated = this.#destination.excludeCliFile;
    if (generated !== undefined) {
      const name = new TextEncoder().encode(EXCLUDE_CLI_FILE_NAME);
      this.#encoder.addFileBytes(name, generated.metadata, generated.content);
      this.#catalog?.addFile(name, generated.content.byteLength, generated.metadata.mtimeSecs);
    }
    this.#encoder.finish();
  }

  enterDirectory(name: Uint8Array, metadata: EntryMetadata): void {
    this.#encoder.enterDirectory(name, metadata);
    this.#progress.directories++;
    this.#catalog?.enterDirectory(name);
  }

  leaveDirectory(): void {
    this.#encoder.leaveDirectory();
    this.#catalog?.leaveDirectory();
  }

  file({ name, metadata, sizeBytes, fd, link }: Omit<WalkedFile, "identity">): void {
    if (this.#suggests) this.#payload.suggestBoundary(this.#encoder.payloadPosition);
    this.#progress.files++;
    let position: number;
    if (fd < 0) {
      position = this.#encoder.addFileBytes(name, metadata, new Uint8Array());
    } else {
      const tag = this.#nextTag;
      this.#nextTag = (this.#nextTag + 1) >>> 0;
      this.#collected.set(tag, this.#path!.bytes());
      position = this.#encoder.addFile(name, metadata, sizeBytes, fd, tag);
    }
    if (link !== undefined) link.position = position;
    this.#catalog?.addFile(name, sizeBytes, metadata.mtimeSecs);
  }

  /** Counts a file that was put into the archive without this visitor. */
  countFile(): void {
    this.#progress.files++;
  }

  hardlink(name: Uint8Array, target: HardlinkTarget): void {
    this.#encoder.addHardlink(name, target.path, target.position!);
    this.#catalog?.add("h", name);
  }

  symlink(name: Uint8Array, metadata: EntryMetadata, target: Uint8Array): void {
    this.#encoder.addSymlink(name, metadata, target);
    this.#catalog?.add("l", name);
  }

  device(name: Uint8Array, metadata: EntryMetadata, major: number, minor: number): void {
    this.#encoder.addDevice(name, metadata, major, minor);
    const isBlock = (metadata.mode & S_IFMT) === S_IFBLK;
    this.#catalog?.add(isBlock ? "b" : "c", name);
  }

  fifo(name: Uint8Array, metadata: EntryMetadata): void {
    this.#encoder.addFifo(name, metadata);
    this.#catalog?.add("p", name);
  }

  socket(name: Uint8Array, metadata: EntryMetadata): void {
    this.#encoder.addSocket(name, metadata);
    this.#catalog?.add("s", name);
  }

  async #drainPayload(stream: ContentStream): Promise<void> {
    await stream.drain();
    this.#report();
    this.#handedOn.push(this.#collected);
    this.#collected = new Map();
    // What is not under way any more is settled, and was reported.
    if (this.#handedOn.length > WRITES_UNDER_WAY) this.#handedOn.shift();
  }

  #pathOf(tag: number): Uint8Array | undefined {
    return this.#collected.get(tag) ??
      this.#handedOn.find((paths) => paths.has(tag))?.get(tag);
  }

  #report(): void {
    for (const { tag, kind, gap } of this.#payload.takeProblems()) {
      const path = this.#pathOf(tag) ?? new TextEncoder().encode(`file ${tag}`);
      this.#onWarning(gap ? { kind, path, errno: gap.errno, gap } : { kind, path });
    }
  }
}
