import { quotePath } from "../bytes/mod.ts";
import { Errno, errnoText } from "../../ffi/errno.ts";
import {
  closeFile,
  openFileLater,
  readLater,
  readNextLater,
  statFile,
} from "../../ffi/posix_files.ts";
import { NotFoundError, SystemError, UsageError } from "../errors/mod.ts";

import type { RandomAccess } from "../pxar/mod.ts";

const STANDARD_INPUT = 0;
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFBLK = 0o060000;

/** A place that an archive is read from. */
export interface ArchiveInput extends Disposable {
  /** For messages. */
  readonly name: string;
  /** Bytes; undefined for what can only be read once, front to back. */
  readonly size: number | undefined;
  /** Access to any place; undefined where there is none. */
  readonly randomAccess: RandomAccess | undefined;
  /**
   * Reads at an offset, or what comes next where only that is possible.
   *
   * @returns What there is, less than asked for only at the end.
   * @throws {SystemError} if reading fails.
   */
  read(into: Uint8Array<ArrayBuffer>, offset: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A file, a pipe or the standard input that an archive is read from. */
export class FileInput implements ArchiveInput {
  private constructor(
    /** For messages. */
    readonly name: string,
    readonly fd: number,
    /** Bytes; undefined for what can only be read once, front to back. */
    readonly size: number | undefined,
  ) {}

  /**
   * Opens an input. The opening of a named pipe waits until somebody writes to it.
   *
   * @param path Raw bytes, or `-` for the standard input.
   * @throws {NotFoundError} if it is not there; {@link SystemError} if it cannot be opened.
   */
  static async open(path: Uint8Array | "-"): Promise<FileInput> {
    const name = path === "-" ? "standard input" : quotePath(path);
    const fd = path === "-" ? STANDARD_INPUT : await openFileLater(path.slice());
    if (fd < 0) {
      const text = `cannot open archive ${name} - ${errnoText(-fd)} (os error ${-fd})`;
      throw fd === -Errno.ENOENT ? new NotFoundError(text) : new SystemError(-fd, text);
    }
    const stat = statFile(fd);
    const type = typeof stat === "number" ? 0 : stat.mode & S_IFMT;
    if (type === S_IFDIR) {
      closeFile(fd);
      throw new UsageError(`${name} is a directory, not an archive`);
    }
    // The standard input may have been read before: it is gone through from where it is.
    if (path === "-" || typeof stat === "number") return new FileInput(name, fd, undefined);
    if (type === S_IFREG) return new FileInput(name, fd, stat.size);
    if (type !== S_IFBLK) return new FileInput(name, fd, undefined);
    using device = Deno.openSync(`/proc/self/fd/${fd}`, { read: true });
    return new FileInput(name, fd, device.seekSync(0, Deno.SeekMode.End));
  }

  /** See {@linkcode ArchiveInput.read}. */
  async read(into: Uint8Array<ArrayBuffer>, offset: number): Promise<Uint8Array<ArrayBuffer>> {
    const got = this.size === undefined
      ? await readNextLater(this.fd, into)
      : await readLater(this.fd, into, offset);
    if (got < 0) {
      throw new SystemError(-got, `cannot read ${this.name} at ${offset}: ${errnoText(-got)}`);
    }
    return into.subarray(0, got);
  }

  /** Access to any place; undefined where there is none. */
  get randomAccess(): RandomAccess | undefined {
    const { size } = this;
    if (size === undefined) return undefined;
    const read = async (offset: number, length: number) => {
      const bytes = await this.read(new Uint8Array(length), offset);
      if (bytes.byteLength === length) return bytes;
      // It was cut off since it was opened.
      const end = offset + bytes.byteLength;
      throw new SystemError(Errno.EIO, `${this.name} ends at ${end}, before ${offset + length}`);
    };
    return { size, read };
  }

  [Symbol.dispose](): void {
    if (this.fd !== STANDARD_INPUT) closeFile(this.fd);
  }
}
