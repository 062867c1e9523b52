import { Errno, errnoText } from "../../ffi/errno.ts";
import {
  closeFile,
  type FileStat,
  openFile,
  openFileLater,
  OpenFlag,
  removeFile,
  renameFileNew,
  statFile,
} from "../../ffi/posix_files.ts";
import { concatBytes, quotePath } from "../bytes/mod.ts";
import { SystemError, UsageError } from "../errors/mod.ts";
import { type FileIdentity, isSameFile } from "../fs/mod.ts";

/** Opens a name without opening what it stands for: no FIFO waits, no tape is wound back. */
const O_PATH = 0o10000000;
const S_IFMT = 0o170000;
const S_IFIFO = 0o010000;
const S_IFCHR = 0o020000;
/** Permission bits of an archive (spec: pxar.md §5.1). */
const ARCHIVE_MODE = 0o640;
const SLASH = 0x2f;

/**
 * Place that an archive is written to. A new file bears another name until it is complete, so that nothing
 * half-written is ever taken for an archive, and never replaces anything. A named pipe or a character
 * device that is there is written to as it is.
 */
export class ArchiveOutput implements Disposable {
  #isOpen = true;
  #isPublished = false;
  readonly #stat: FileStat | undefined;

  private constructor(
    readonly path: Uint8Array,
    readonly fd: number,
    /** Name until it is complete; undefined for what was there before. */
    private readonly temporary: Uint8Array | undefined,
  ) {
    const stat = temporary === undefined ? undefined : statFile(fd);
    this.#stat = typeof stat === "number" ? undefined : stat;
  }

  /**
   * Opens the output. The opening of a named pipe waits until somebody reads it.
   *
   * @param path Raw bytes.
   * @throws {SystemError} if there is a file already, or none can be made.
   * @throws {UsageError} if it is a terminal.
   */
  static async open(path: Uint8Array): Promise<ArchiveOutput> {
    const type = typeOf(path);
    if (type === undefined) return ArchiveOutput.#make(path);
    if (type !== S_IFIFO && type !== S_IFCHR) throw failure(path, Errno.EEXIST);
    const fd = await openFileLater(path.slice(), undefined, OpenFlag.WRITE);
    if (fd < 0) throw failure(path, -fd);
    if (isTerminal(fd)) {
      closeFile(fd);
      throw new UsageError(`refusing to write an archive to a terminal: ${quotePath(path)}`);
    }
    return new ArchiveOutput(path, fd, undefined);
  }

  static #make(path: Uint8Array): ArchiveOutput {
    const folder = path.subarray(0, path.lastIndexOf(SLASH) + 1);
    const name = `.pxar-${crypto.randomUUID().slice(0, 8)}.tmp`;
    const temporary = concatBytes([folder, new TextEncoder().encode(name)]);
    const flags = OpenFlag.WRITE | OpenFlag.CREATE | OpenFlag.EXCLUSIVE;
    const fd = openFile(temporary, flags, ARCHIVE_MODE);
    if (fd < 0) throw failure(path, -fd);
    return new ArchiveOutput(path, fd, temporary);
  }

  /** Whether it is a file of its own, which nobody reads before it is complete. */
  get isFile(): boolean {
    return this.temporary !== undefined;
  }

  /** Whether a file that a walk meets is this one. */
  is(identity: FileIdentity): boolean {
    return this.#stat !== undefined && isSameFile(this.#stat, identity);
  }

  /**
   * Gives a complete file its name.
   *
   * @throws {SystemError} if somebody has made one of that name meanwhile, or what was written may be
   *   lost.
   */
  publish(): void {
    this.#isOpen = false;
    const closed = closeFile(this.fd);
    if (closed < 0) throw this.#lost(-closed);
    if (this.temporary === undefined) return;
    const renamed = renameFileNew(this.temporary.slice(), this.path.slice());
    if (renamed < 0) throw failure(this.path, -renamed);
    this.#isPublished = true;
  }

  /** Takes a published file back: its other half could not be published. */
  withdraw(): void {
    if (this.#isPublished) removeFile(this.path.slice());
  }

  /** Removes a file that is not complete; nothing may be writing into it any more. */
  [Symbol.dispose](): void {
    // A write into a pipe may still be waiting: the descriptor stays until the process ends.
    if (this.temporary === undefined) return;
    if (this.#isOpen) closeFile(this.fd);
    if (!this.#isPublished) removeFile(this.temporary.slice());
  }

  #lost(errno: number): SystemError {
    return new SystemError(errno, `cannot write ${quotePath(this.path)}: ${errnoText(errno)}`);
  }
}

/** Type bits of what a path leads to; undefined if there is nothing. */
function typeOf(path: Uint8Array): number | undefined {
  const named = openFile(path.slice(), O_PATH | OpenFlag.NOFOLLOW);
  if (named === -Errno.ENOENT) return undefined;
  if (named < 0) throw failure(path, -named);
  closeFile(named);
  const fd = openFile(path.slice(), O_PATH);
  // A link that leads nowhere is something already.
  if (fd < 0) return 0;
  const stat = statFile(fd);
  closeFile(fd);
  return typeof stat === "number" ? 0 : stat.mode & S_IFMT;
}

function isTerminal(fd: number): boolean {
  using file = Deno.openSync(`/proc/self/fd/${fd}`, { write: true });
  return file.isTerminal();
}

function failure(path: Uint8Array, errno: number): SystemError {
  return new SystemError(
    errno,
    `cannot create archive ${quotePath(path)} - ${errnoText(errno)} (os error ${errno})`,
  );
}
