import { errnoText } from "../../ffi/errno.ts";
import type { FileStat } from "../../ffi/posix_files.ts";
import { NotFoundError, UsageError } from "../errors/mod.ts";
import { withSourceStat } from "./_source_stat.ts";
import type { ArchiveSpec, BackupObserver } from "./backup_request.ts";

const TYPE_MASK = 0o170000;
const FIFO = 0o010000;
const CHARACTER_DEVICE = 0o020000;
const DIRECTORY = 0o040000;
const BLOCK_DEVICE = 0o060000;
const REGULAR = 0o100000;

/**
 * Checks before a run that its archives have different names and that every source is of the type
 * its kind needs (spec: cli.md §4.1.1). Symbolic links are followed. The first problem ends it.
 *
 * @param log Receives advice that goes with an error.
 * @throws {UsageError} if a name is taken twice or a source has another type.
 * @throws {NotFoundError} if a source cannot be reached.
 */
export function checkArchiveSources(
  specs: readonly ArchiveSpec[],
  log: BackupObserver["log"],
): void {
  const names = new Set<string>();
  const pipes = new Set<string>();
  for (const spec of specs) {
    if (names.has(spec.name)) throw new UsageError(`got target twice: '${spec.name}'`);
    names.add(spec.name);
    if (spec.command !== undefined) continue;
    const path = new TextDecoder().decode(spec.path);
    if (path === "-") log("info", "To read from the standard input, name it /dev/stdin");
    const failure = withSourceStat(spec.path, (stat, fd) => {
      checkType(spec, path, stat, fd, log);
      if (spec.kind !== "img" || (stat.mode & TYPE_MASK) !== FIFO) return 0;
      const identity = `${stat.device}/${stat.inode}`;
      if (pipes.has(identity)) throw new UsageError(`got duplicate pipe '${path}'`);
      pipes.add(identity);
      return 0;
    });
    if (failure < 0) throw inaccessible(path, failure);
  }
}

function checkType(
  spec: ArchiveSpec,
  path: string,
  stat: FileStat,
  fd: number,
  log: BackupObserver["log"],
): void {
  const type = stat.mode & TYPE_MASK;
  if (spec.kind === "pxar") {
    if (type !== DIRECTORY) throw new UsageError("got unexpected file type (expected directory)");
  } else if (spec.kind !== "img") {
    if (type !== REGULAR) throw new UsageError("got unexpected file type (expected regular file)");
  } else if (type === REGULAR || type === BLOCK_DEVICE) {
    const size = type === REGULAR ? stat.size : blockDeviceSize(fd);
    if (size === 0) throw new UsageError(`got zero-sized file '${path}'`);
  } else if (type !== FIFO) {
    if (type === CHARACTER_DEVICE) {
      log("info", "Character devices, terminals among them, cannot be backed up");
    }
    throw new UsageError(
      `got unexpected file type (expected file, block device, or fifo): ${path}`,
    );
  }
}

/** Size in bytes; undefined if the device cannot be opened, which the run will report. */
function blockDeviceSize(fd: number): number | undefined {
  try {
    using device = Deno.openSync(`/proc/self/fd/${fd}`);
    return device.seekSync(0, Deno.SeekMode.End);
  } catch {
    return undefined;
  }
}

function inaccessible(path: string, negativeErrno: number): NotFoundError {
  const errno = -negativeErrno;
  return new NotFoundError(`unable to access '${path}' - ${errnoText(errno)} (os error ${errno})`);
}
