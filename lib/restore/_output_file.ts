import { Errno, errnoText } from "../../ffi/errno.ts";
import {
  closeFile,
  openFile,
  OpenFlag,
  removeFile,
  renameFile,
  truncateFile,
  writeLater,
} from "../../ffi/posix_files.ts";
import { concatBytes, quotePath } from "../bytes/mod.ts";
import { SystemError } from "../errors/mod.ts";

/**
 * A file that is being restored, or the standard output. Data that turns out to be zeros becomes a
 * hole in a file. Disposal without `finish` removes the file: nothing half-written stays.
 */
export class OutputFile implements Disposable {
  #position = 0;
  #closed = false;
  #finished = false;

  private constructor(
    readonly path: Uint8Array | "-",
    private readonly fd: number,
  ) {}

  /**
   * Makes a new file, or takes the standard output.
   *
   * @param path Raw bytes, or `-`.
   * @throws {SystemError} if the file exists or cannot be made.
   */
  static create(path: Uint8Array | "-"): OutputFile {
    if (path === "-") return new OutputFile(path, 1);
    const flags = OpenFlag.WRITE | OpenFlag.CREATE | OpenFlag.EXCLUSIVE;
    const fd = openFile(path.slice(), flags, 0o644);
    if (fd < 0) {
      throw new SystemError(
        -fd,
        `unable to create target file ${quotePath(path)} - ${errnoText(-fd)} (os error ${-fd})`,
        fd === -Errno.EEXIST ? { situation: { kind: "target-exists", what: "file" } } : {},
      );
    }
    return new OutputFile(path, fd);
  }

  /** Writes at the end; `bytes` may lie in native memory and must stay until this has settled. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.path === "-") {
      for (let done = 0; done < bytes.byteLength;) {
        done += await Deno.stdout.write(bytes.subarray(done));
      }
    } else {
      const status = await writeLater(this.fd, bytes, this.#position);
      if (status < 0) throw this.#failure(-status);
    }
    this.#position += bytes.byteLength;
  }

  /** Adds zeros without writing them; the standard output gets them written. */
  async skip(zeros: Uint8Array): Promise<void> {
    if (this.path === "-") await this.write(zeros);
    else this.#position += zeros.byteLength;
  }

  /** Sets the length and closes the file. */
  finish(): void {
    if (this.path !== "-") {
      const status = truncateFile(this.fd, this.#position);
      if (status < 0) throw this.#failure(-status);
      this.#closed = true;
      const closed = closeFile(this.fd);
      if (closed < 0) throw this.#failure(-closed);
    }
    this.#finished = true;
  }

  [Symbol.dispose](): void {
    if (this.#finished || this.path === "-") return;
    if (!this.#closed) closeFile(this.fd);
    removeFile(this.path.slice());
  }

  #failure(errno: number): SystemError {
    const path = this.path === "-" ? "the standard output" : quotePath(this.path);
    return new SystemError(errno, `cannot write ${path}: ${errnoText(errno)}`);
  }
}

/** Writes a small file whole; one of that name is replaced in one step. */
export async function replaceFile(path: Uint8Array, content: Uint8Array): Promise<void> {
  const suffix = new TextEncoder().encode(`.tmp_${crypto.randomUUID().slice(0, 6)}`);
  const temporary = concatBytes([path, suffix]);
  using file = OutputFile.create(temporary);
  await file.write(content);
  file.finish();
  const status = renameFile(temporary, path.slice());
  if (status < 0) {
    removeFile(temporary);
    throw new SystemError(-status, `cannot replace ${quotePath(path)}: ${errnoText(-status)}`);
  }
}
