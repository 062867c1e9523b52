import {
  closeFile,
  closeFileLater,
  openFile,
  OpenFlag,
  readLater,
  removeFile,
  syncFileLater,
  writeLater,
} from "../../ffi/posix_files.ts";
import { fileSystemSpace } from "../../ffi/posix_file_system.ts";
import { counterBytes } from "../bytes/mod.ts";
import type {
  MeasuredStorage,
  MeasuredTransfer,
  MeasureTransferOptions,
} from "../repository/mod.ts";
import { checkResult } from "./_system_failure.ts";
import type { Datastore } from "./datastore.ts";
import { FILE_MODE } from "./format.ts";

/** Length of a file: that of a usual chunk. */
const FILE_BYTES = 4 * 1024 * 1024;
/** Most that is written; and never more than a part of what is free. */
const MAX_BYTES = 512 * 1024 * 1024;
const FREE_PART = 0.1;

/**
 * Measures how fast the file system of a datastore takes files as large as chunks, and gives them
 * back. No chunk is stored: the files have no names from the moment in which they are made, so that
 * nothing of them is left whatever becomes of the process.
 *
 * @throws {SystemError} if the folder cannot be written in, or is full.
 */
export async function measureStorage(
  datastore: Datastore,
  { durationMs, signal }: MeasureTransferOptions,
): Promise<MeasuredStorage> {
  const space = fileSystemSpace(datastore.path);
  const room = typeof space === "number" ? 0 : space.available * FREE_PART;
  const limit = Math.max(1, Math.floor(Math.min(MAX_BYTES, room) / FILE_BYTES));
  const contents = counterBytes(FILE_BYTES);
  const files: number[] = [];
  try {
    const write = await timed(async (elapsedMs) => {
      do {
        signal.throwIfAborted();
        files.push(await writeFile(datastore, contents));
      } while (files.length < limit && elapsedMs() < durationMs);
      // As a backup does when it has finished: a datastore on its own syncs what it has written.
      for (const fd of files) {
        signal.throwIfAborted();
        if (datastore.syncLevel !== "none") check(await syncFileLater(fd));
      }
      return files.length;
    });
    const read = await timed(async (elapsedMs) => {
      let count = 0;
      do {
        signal.throwIfAborted();
        check(await readLater(files[count % files.length]!, contents, 0));
        count++;
      } while (elapsedMs() < durationMs);
      return count;
    });
    return { write, read };
  } finally {
    for (const fd of files) await closeFileLater(fd);
  }
}

/** A file without a name. */
async function writeFile({ path }: Datastore, contents: Uint8Array): Promise<number> {
  const name = `${path}/.benchmark-${crypto.randomUUID()}`;
  const flags = OpenFlag.READ_WRITE | OpenFlag.CREATE | OpenFlag.EXCLUSIVE;
  const fd = checkResult(openFile(name, flags, FILE_MODE), () => `cannot write in "${path}"`);
  try {
    checkResult(removeFile(name), () => `cannot remove "${name}"`);
    checkResult(await writeLater(fd, contents, 0), () => `cannot write in "${path}"`);
  } catch (error) {
    closeFile(fd);
    throw error;
  }
  return fd;
}

function check(result: number): void {
  checkResult(result, () => "cannot measure the datastore");
}

async function timed(
  work: (elapsedMs: () => number) => Promise<number>,
): Promise<MeasuredTransfer> {
  const startedMs = performance.now();
  const elapsedMs = () => performance.now() - startedMs;
  const requests = await work(elapsedMs);
  const seconds = elapsedMs() / 1000;
  const bytes = requests * FILE_BYTES;
  return { bytes, requests, seconds, bytesPerSecond: bytes / seconds };
}
