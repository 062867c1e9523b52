import { concatBytes, quotePath, type StreamPart, StreamParts } from "../bytes/mod.ts";
import type { ExtractSink } from "../fs/mod.ts";
import {
  type EntryMetadata,
  PAYLOAD_HEADER_BYTES,
  type PxarEntry,
  S_IFCHR,
  S_IFMT,
} from "../pxar/mod.ts";
import { metadataRecords, type TarAttributes } from "./metadata_records.ts";
import { sparseContent, type Stretch } from "./sparse_content.ts";
import {
  MAX_TAR_DEVICE_NUMBER,
  tarEnd,
  type TarEntry,
  tarHeader,
  tarPadding,
} from "./tar_header.ts";

const ROOT = new TextEncoder().encode("./");
const SLASH = Uint8Array.of(0x2f);

/** How a {@linkcode TarSink} treats what a tar file cannot hold, or need not. */
export interface TarSinkOptions {
  readonly attributes: TarAttributes;
  /** Hears, for people, of what is left out. */
  warn(message: string): void;
  /** Stretches of zeros within a part of the stream in which contents lie that are `locate`d. */
  zerosWithin(start: number, end: number): Stretch[];
  /** Path of the root with a slash at its end, `./` if absent; or nothing, for entries without one. */
  readonly root?: Uint8Array;
  /** Whether parts are copies, which stay valid; contents are not copied. */
  readonly keepsParts?: boolean;
}

/** Counters of what is in a tar file. */
export interface TarCounts {
  files: number;
  /** Without the root. */
  directories: number;
  symlinks: number;
  hardlinks: number;
  /** Devices and named pipes. */
  nodes: number;
  /** Bytes of the files, holes included. */
  fileBytes: number;
  /** Entries that are missing because of damage, as whoever knows of it counts them. */
  errors: number;
}

/** The file at hand. */
interface OpenFile {
  /** Not yet written: a file that turns out to be damaged before its first byte is left out. */
  header: Uint8Array | undefined;
  readonly holes: readonly Stretch[];
  /** Bytes of the tar file that its content takes. */
  readonly contentBytes: number;
  readonly sizeBytes: number;
  /** Bytes of the file given so far, holes included. */
  position: number;
}

/**
 * Turns what is told of a tree into a tar file. What it makes waits in memory until it is taken;
 * contents wait as views of the current chunk.
 */
export class TarSink implements ExtractSink {
  readonly made: TarCounts = {
    files: 0,
    directories: 0,
    symlinks: 0,
    hardlinks: 0,
    nodes: 0,
    fileBytes: 0,
    errors: 0,
  };
  readonly #parts: StreamParts;
  readonly #root: Uint8Array;
  #chunk = new Uint8Array(0);
  /** Paths of the open directories, each with a slash at its end. */
  readonly #folders: Uint8Array[] = [];
  #file: OpenFile | undefined;
  #located: { readonly name: Uint8Array; readonly start: number } | undefined;
  #withoutFlags = 0;

  constructor(private readonly options: TarSinkOptions) {
    this.#parts = new StreamParts(options.keepsParts);
    this.#root = options.root ?? ROOT;
  }

  /** Bytes that wait to be taken. */
  get pendingBytes(): number {
    return this.#parts.pendingBytes;
  }

  /** Parts made since the last call, in order; valid until the next entry, or for ever if it `keepsParts`. */
  take(): StreamPart[] {
    return this.#parts.take();
  }

  /** Makes a chunk the one that `data` refers to, until what refers to it was taken. */
  useChunk(bytes: Uint8Array<ArrayBuffer>): void {
    this.#chunk = bytes;
  }

  /**
   * Says where the content of the file lies that begins next.
   *
   * @param name Of the file that begins, if that is a further name of the entry.
   */
  locate(entry: PxarEntry, name: Uint8Array = entry.name): void {
    const start = entry.payloadOffset < 0
      ? entry.contentPosition
      : entry.payloadOffset + PAYLOAD_HEADER_BYTES;
    this.#located = { name, start };
  }

  /** Ends the tar file. */
  finish(): void {
    this.#push(tarEnd());
    const count = this.#withoutFlags;
    if (count === 0) return;
    this.options.warn(
      `warning: attribute flags and quota project ids of ${count} ${
        count === 1 ? "entry" : "entries"
      } were left out, tar has no place for them`,
    );
  }

  root(metadata: EntryMetadata): void {
    this.#folders.push(this.#root);
    this.#entry(this.#root, "5", metadata);
  }

  enterDirectory(name: Uint8Array, metadata: EntryMetadata): void {
    const path = concatBytes([this.#pathOf(name), SLASH]);
    this.#folders.push(path);
    this.#entry(path, "5", metadata);
    this.made.directories++;
  }

  leaveDirectory(): void {
    this.#folders.pop();
  }

  beginFile(name: Uint8Array, metadata: EntryMetadata, sizeBytes: number): boolean {
    const path = this.#pathOf(name);
    const zeros = this.#zerosOf(name, sizeBytes);
    const sparse = zeros.length > 0 ? sparseContent(path, sizeBytes, zeros) : undefined;
    const header = tarHeader({
      ...this.#describe(sparse?.path ?? path, "0", metadata),
      size: sparse?.size ?? sizeBytes,
      records: [
        ...sparse?.records ?? [],
        ...metadataRecords(metadata, this.options.attributes),
      ],
    });
    this.#file = {
      header: sparse === undefined ? header : concatBytes([header, sparse.map]),
      holes: sparse?.holes ?? [],
      contentBytes: sparse?.size ?? sizeBytes,
      sizeBytes,
      position: 0,
    };
    return true;
  }

  data(offset: number, lengthBytes: number): void {
    this.inlineData(this.#chunk.subarray(offset, offset + lengthBytes));
  }

  /** Adds bytes to the file; they must stay until they were taken. */
  inlineData(bytes: Uint8Array): void {
    const file = this.#openFile();
    this.#pushHeader(file);
    const start = file.position;
    file.position += bytes.length;
    let at = start;
    for (const hole of file.holes) {
      if (hole.end <= at) continue;
      if (hole.start >= file.position) break;
      if (hole.start > at) this.#push(bytes.subarray(at - start, hole.start - start));
      at = Math.min(hole.end, file.position);
    }
    if (at < file.position) this.#push(bytes.subarray(at - start));
  }

  /** Adds zeros to the file: nothing where they are holes. */
  zeros(lengthBytes: number): void {
    const file = this.#openFile();
    this.#pushHeader(file);
    const end = file.position + lengthBytes;
    const inHoles = bytesInHoles(file.holes, file.position, end);
    file.position = end;
    this.#parts.pushZeros(lengthBytes - inHoles);
  }

  endFile(): void {
    const file = this.#openFile();
    this.#pushHeader(file);
    this.#push(tarPadding(file.contentBytes));
    this.#file = undefined;
    this.made.files++;
    this.made.fileBytes += file.sizeBytes;
  }

  /** Gives up the file: if some of it is there already, zeros take the place of the rest. */
  dropFile(): void {
    const file = this.#openFile();
    this.#file = undefined;
    if (file.header !== undefined) return;
    const inHoles = bytesInHoles(file.holes, file.position, file.sizeBytes);
    this.#parts.pushZeros(file.sizeBytes - file.position - inHoles);
    this.#push(tarPadding(file.contentBytes));
  }

  symlink(name: Uint8Array, metadata: EntryMetadata, target: Uint8Array): void {
    this.#push(tarHeader({ ...this.#describe(this.#pathOf(name), "2", metadata), target }));
    this.made.symlinks++;
  }

  hardlink(name: Uint8Array, targetPath: Uint8Array): void {
    this.#push(tarHeader({
      path: this.#pathOf(name),
      type: "1",
      mode: 0,
      uid: 0,
      gid: 0,
      size: 0,
      mtimeSecs: 0,
      target: concatBytes([this.#root, targetPath]),
    }));
    this.made.hardlinks++;
  }

  device(name: Uint8Array, metadata: EntryMetadata, major: number, minor: number): void {
    const path = this.#pathOf(name);
    if (Math.max(major, minor) > MAX_TAR_DEVICE_NUMBER) {
      this.options.warn(
        `warning: device ${quotePath(path)} was left out, tar cannot hold its number ` +
          `${major},${minor}`,
      );
      return;
    }
    const type = (metadata.mode & S_IFMT) === S_IFCHR ? "3" : "4";
    this.#push(tarHeader({ ...this.#describe(path, type, metadata), major, minor }));
    this.made.nodes++;
  }

  fifo(name: Uint8Array, metadata: EntryMetadata): void {
    this.#entry(this.#pathOf(name), "6", metadata);
    this.made.nodes++;
  }

  socket(name: Uint8Array): void {
    this.options.warn(
      `warning: socket ${quotePath(this.#pathOf(name))} was left out, tar knows no sockets`,
    );
  }

  #entry(path: Uint8Array, type: TarEntry["type"], metadata: EntryMetadata): void {
    const records = metadataRecords(metadata, this.options.attributes);
    this.#push(tarHeader({ ...this.#describe(path, type, metadata), records }));
  }

  #describe(path: Uint8Array, type: TarEntry["type"], metadata: EntryMetadata): TarEntry {
    const { mode, uid, gid, mtimeSecs, mtimeNanos, flags, projectId } = metadata;
    if (flags !== 0 || projectId !== undefined) this.#withoutFlags++;
    return { path, type, mode: mode & 0o7777, uid, gid, size: 0, mtimeSecs, mtimeNanos };
  }

  #zerosOf(name: Uint8Array, sizeBytes: number): Stretch[] {
    const located = this.#located;
    this.#located = undefined;
    if (located?.name !== name) return [];
    const { start } = located;
    return this.options.zerosWithin(start, start + sizeBytes).map((stretch) => ({
      start: stretch.start - start,
      end: stretch.end - start,
    }));
  }

  #pathOf(name: Uint8Array): Uint8Array {
    return concatBytes([this.#folders.at(-1) ?? this.#root, name]);
  }

  #openFile(): OpenFile {
    if (this.#file === undefined) throw new RangeError("no file has begun");
    return this.#file;
  }

  #pushHeader(file: OpenFile): void {
    if (file.header === undefined) return;
    this.#push(file.header);
    file.header = undefined;
  }

  #push(bytes: Uint8Array): void {
    this.#parts.push(bytes);
  }
}

/** Bytes of a part of a file that lie in its holes. */
function bytesInHoles(holes: readonly Stretch[], start: number, end: number): number {
  let sum = 0;
  for (const hole of holes) {
    sum += Math.max(0, Math.min(hole.end, end) - Math.max(hole.start, start));
  }
  return sum;
}
