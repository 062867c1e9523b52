import type { ByteSink } from "../chunking/mod.ts";
import { quotePath, type StreamPart, StreamParts } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { type EntryMetadata, PxarEncoder, type PxarEntry } from "../pxar/mod.ts";
import { joinNames } from "./_join_names.ts";
import { PositionMap } from "./_position_map.ts";
import type { StreamSink } from "./_stream_sink.ts";

const ZEROS = new Uint8Array(64 * 1024);

/** The file at hand. */
interface OpenFile {
  readonly name: Uint8Array;
  readonly metadata: EntryMetadata;
  readonly sizeBytes: number;
  /** Position of its first name in the archive that is read. */
  readonly readPosition: number;
  /** Bytes that it still lacks. */
  left: number;
  /** Not before its first byte: a file that is found damaged until then is left out. */
  hasBegun: boolean;
}

/**
 * Turns what a restore loop tells into one plain archive (version 1), whatever is read. Goodbye tables
 * and the distances of hard links are made anew. Contents wait as views of the current chunk.
 */
export class PxarSink implements StreamSink {
  readonly made: StreamSink["made"] = {
    files: 0,
    directories: 0,
    symlinks: 0,
    hardlinks: 0,
    nodes: 0,
    fileBytes: 0,
    errors: 0,
  };
  readonly #parts = new StreamParts();
  readonly #encoder: PxarEncoder;
  readonly #positions = new PositionMap();
  readonly #path: Uint8Array[] = [];
  #chunk = new Uint8Array(0);
  #entry: PxarEntry | undefined;
  #file: OpenFile | undefined;
  /** Whether what the encoder writes stays as it is until it was taken. */
  #isContent = false;
  #lostLinks = 0;

  /** @param lose Hears, for people, of what cannot be in the archive. */
  constructor(private readonly lose: (message: string) => void) {
    const parts = this.#parts;
    const sink: ByteSink = {
      position: 0,
      full: false,
      write: (bytes) => {
        if (bytes.buffer === ZEROS.buffer) parts.pushZeros(bytes.length);
        // The encoder uses its own memory again.
        else parts.push(this.#isContent ? bytes : bytes.slice());
      },
      splice: () => {
        throw new Error("no file is open");
      },
      drain: () => Promise.resolve(),
    };
    this.#encoder = new PxarEncoder(sink);
  }

  get pendingBytes(): number {
    return this.#parts.pendingBytes;
  }

  take(): StreamPart[] {
    return this.#parts.take();
  }

  useChunk(bytes: Uint8Array<ArrayBuffer>): void {
    this.#chunk = bytes;
  }

  locate(entry: PxarEntry): void {
    this.#entry = entry;
  }

  finish(): void {
    if (this.#lostLinks > 0) {
      throw new CorruptDataError(
        this.#lostLinks === 1
          ? "1 hard link leads nowhere"
          : `${this.#lostLinks} hard links lead nowhere`,
      );
    }
    this.#encoder.finish();
  }

  root(metadata: EntryMetadata): void {
    this.#encoder.startArchive(metadata);
  }

  enterDirectory(name: Uint8Array, metadata: EntryMetadata): void {
    this.#encoder.enterDirectory(name, metadata);
    this.#path.push(name);
    this.made.directories++;
  }

  leaveDirectory(): void {
    this.#encoder.leaveDirectory();
    this.#path.pop();
  }

  beginFile(name: Uint8Array, metadata: EntryMetadata, sizeBytes: number): boolean {
    const { kind, position, targetPosition } = this.#entry!;
    const readPosition = kind === "hardlink" ? targetPosition : position;
    this.#file = { name, metadata, sizeBytes, readPosition, left: sizeBytes, hasBegun: false };
    return true;
  }

  data(offset: number, lengthBytes: number): void {
    this.inlineData(this.#chunk.subarray(offset, offset + lengthBytes));
  }

  inlineData(bytes: Uint8Array): void {
    const file = this.#openFile();
    this.#begin(file);
    this.#isContent = true;
    this.#encoder.writeContent(bytes);
    this.#isContent = false;
    file.left -= bytes.length;
  }

  endFile(): void {
    const file = this.#openFile();
    this.#begin(file);
    this.#file = undefined;
    this.made.files++;
    this.made.fileBytes += file.sizeBytes;
  }

  /** Gives up the file: if some of it is there already, zeros take the place of the rest. */
  dropFile(): void {
    const file = this.#openFile();
    this.#file = undefined;
    if (!file.hasBegun) return;
    while (file.left > 0) {
      const zeros = ZEROS.subarray(0, Math.min(file.left, ZEROS.length));
      this.#encoder.writeContent(zeros);
      file.left -= zeros.length;
    }
  }

  symlink(name: Uint8Array, metadata: EntryMetadata, target: Uint8Array): void {
    this.#encoder.addSymlink(name, metadata, target);
    this.made.symlinks++;
  }

  hardlink(name: Uint8Array, targetPath: Uint8Array): void {
    const position = this.#positions.find(this.#entry!.targetPosition);
    if (position === undefined) {
      const path = quotePath(joinNames([...this.#path, name]));
      this.lose(
        `cannot restore ${path}: it is a link to ${quotePath(targetPath)}, which is not there`,
      );
      this.#lostLinks++;
      this.made.errors++;
      return;
    }
    this.#encoder.addHardlink(name, targetPath, position);
    this.made.hardlinks++;
  }

  device(name: Uint8Array, metadata: EntryMetadata, major: number, minor: number): void {
    this.#encoder.addDevice(name, metadata, major, minor);
    this.made.nodes++;
  }

  fifo(name: Uint8Array, metadata: EntryMetadata): void {
    this.#encoder.addFifo(name, metadata);
    this.made.nodes++;
  }

  socket(name: Uint8Array, metadata: EntryMetadata): void {
    this.#encoder.addSocket(name, metadata);
    this.made.nodes++;
  }

  #openFile(): OpenFile {
    if (this.#file === undefined) throw new RangeError("no file has begun");
    return this.#file;
  }

  #begin(file: OpenFile): void {
    if (file.hasBegun) return;
    file.hasBegun = true;
    const position = this.#encoder.beginFile(file.name, file.metadata, file.sizeBytes);
    this.#positions.add(file.readPosition, position);
  }
}
