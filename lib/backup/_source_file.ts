import { quotePath } from "../bytes/mod.ts";
import { errnoText } from "../../ffi/errno.ts";
import { closeFile, openFileLater, readLater, statFile } from "../../ffi/posix_files.ts";
import { SystemError, UsageError } from "../errors/mod.ts";
import { withSourceStat } from "./_source_stat.ts";
import type { ArchiveSpec } from "./backup_request.ts";

const READ_BYTES = 1024 * 1024;

/**
 * Opens a source for reading. The opening of a pipe waits until somebody writes to it.
 *
 * @param path Raw bytes.
 * @param signal Ends the waiting.
 * @returns A descriptor that the caller closes.
 * @throws {SystemError} if it cannot be opened; the signal's reason if that came first.
 */
export async function openSource(path: Uint8Array, signal: AbortSignal): Promise<number> {
  const opening = openFileLater(path.slice());
  const fd = await new Promise<number>((resolve, reject) => {
    const onAbort = () => {
      reject(signal.reason);
      opening.then((late) => late < 0 ? undefined : closeFile(late));
    };
    signal.addEventListener("abort", onAbort, { once: true });
    opening.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
  if (fd < 0) {
    throw new SystemError(
      -fd,
      `unable to open file ${quotePath(path)} - ${errnoText(-fd)} (os error ${-fd})`,
    );
  }
  return fd;
}

/**
 * Reads a source whole.
 *
 * @param limitBytes More than this is refused.
 * @throws {SystemError} if it cannot be read, {UsageError} if it is too large.
 */
export async function readSource(
  path: Uint8Array,
  limitBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const fd = await openSource(path, signal);
  try {
    const stat = statFile(fd);
    const announced = typeof stat === "number" ? 0 : stat.size;
    // One byte more than announced, so that the end is seen with one read.
    let content = new Uint8Array(Math.min(announced, limitBytes) + 1);
    let length = 0;
    for (;;) {
      if (length === content.byteLength) {
        if (length > limitBytes) {
          throw new UsageError(`${quotePath(path)} is larger than ${limitBytes} bytes`);
        }
        const larger = new Uint8Array(Math.min(length + READ_BYTES, limitBytes + 1));
        larger.set(content);
        content = larger;
      }
      const count = await readLater(fd, content.subarray(length), length);
      if (count < 0) {
        throw new SystemError(-count, `cannot read ${quotePath(path)}: ${errnoText(-count)}`);
      }
      if (count === 0) return content.subarray(0, length);
      length += count;
    }
  } finally {
    closeFile(fd);
  }
}

const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const S_IFBLK = 0o060000;
const S_IFIFO = 0o010000;

/**
 * Length of an open image source in bytes; undefined for a pipe, which tells none.
 *
 * @throws {UsageError} if it is something else than a file, a block device or a pipe.
 */
export function sourceSize(fd: number, path: Uint8Array): number | undefined {
  const stat = statFile(fd);
  if (typeof stat === "number") {
    throw new SystemError(-stat, `unable to access ${quotePath(path)} - ${errnoText(-stat)}`);
  }
  switch (stat.mode & S_IFMT) {
    case S_IFREG:
      return stat.size;
    case S_IFBLK: {
      // A device tells its size only by seeking; its own descriptor must stay at the start.
      using device = Deno.openSync(`/proc/self/fd/${fd}`, { read: true });
      return device.seekSync(0, Deno.SeekMode.End);
    }
    case S_IFIFO:
      return undefined;
    default:
      throw new UsageError(
        `got unexpected file type (expected file, block device, or fifo): ${quotePath(path)}`,
      );
  }
}

/** Whether a source gives its bytes only once: a pipe, a terminal. */
export function isReadOnceSource({ kind, path, command }: ArchiveSpec): boolean {
  if (kind === "pxar" || command !== undefined) return false;
  const type = withSourceStat(path, ({ mode }) => mode & S_IFMT);
  return type !== S_IFREG && type !== S_IFBLK && type > 0;
}

/**
 * Device number of the file system that a path lies on, symbolic links followed.
 *
 * @throws {SystemError} if the path cannot be looked at.
 */
export function deviceOf(path: Uint8Array): number {
  const device = withSourceStat(path, (_stat, fd) => Deno.statSync(`/proc/self/fd/${fd}`).dev);
  if (device >= 0) return device;
  throw new SystemError(-device, `fstat ${quotePath(path)} failed - ${errnoText(-device)}`);
}
