import { quotePath } from "../bytes/mod.ts";
import { errnoText } from "../../ffi/errno.ts";
import { closeFile } from "../../ffi/posix_files.ts";
import { SpliceError } from "../chunking/mod.ts";
import { PbsError, SystemError, UsageError } from "../errors/mod.ts";
import { FIXED_CHUNK_SIZE } from "../index/mod.ts";
import type { BackupRun } from "./_backup_run.ts";
import { openSource, sourceSize } from "./_source_file.ts";
import { feedOutput } from "./_source_command.ts";
import type { ArchiveSpec, SourceCommand } from "./backup_request.ts";

/**
 * Stores an image: a regular file, a block device, or what comes out of a pipe until it ends. Chunks
 * are 4 MiB whatever the chunk size option says (spec: client-pipeline.md §1.5).
 *
 * @param turn Resolves when something may be told of it.
 */
export async function storeImageArchive(
  run: BackupRun,
  spec: ArchiveSpec,
  serverName: string,
  turn: Promise<void>,
): Promise<void> {
  run.signal.throwIfAborted();
  if (spec.command !== undefined) {
    await storeOutputImage(run, spec.command, serverName, turn);
    return;
  }
  const fd = await openSource(spec.readPath ?? spec.path, run.signal);
  let size: number | undefined;
  try {
    size = sourceSize(fd, spec.path);
    if (size === 0) throw new UsageError(`got zero-sized file '${quotePath(spec.path)}'`);
  } catch (error) {
    closeFile(fd);
    throw error;
  }
  const stream = run.openStream({ kind: "fixed", chunkSizeBytes: FIXED_CHUNK_SIZE });
  const read = async () => {
    if (size === undefined) stream.spliceToEnd(fd, 0);
    else stream.splice(fd, size, 0);
    await stream.end();
    const problems = stream.takeProblems();
    if (problems.length > 0) await turn;
    const source = quotePath(spec.path);
    for (const { kind } of problems) {
      // Zeros in its place would look like an image.
      if (kind === "shrunk") throw new PbsError(`image ${source} shrank while it was read`);
      run.observer.log("warn", `warning: image ${source} grew, the rest is left out`);
    }
  };
  // The run fails with the first error that it hears of: that one has to name the source.
  const named = (error: unknown) => {
    if (!(error instanceof SpliceError)) throw error;
    const where = error.offset === undefined ? "" : ` at byte ${error.offset}`;
    throw new SystemError(
      error.errno,
      `cannot read ${quotePath(spec.path)}${where}: ${errnoText(error.errno)}`,
      { cause: error },
    );
  };
  await run.together([
    read().catch(named),
    run.store(stream, serverName, "fixed", { size, turn }).catch(named),
  ]);
}

/** Stores what a command prints. */
async function storeOutputImage(
  run: BackupRun,
  command: SourceCommand,
  serverName: string,
  turn: Promise<void>,
): Promise<void> {
  const stream = run.openStream({ kind: "fixed", chunkSizeBytes: FIXED_CHUNK_SIZE });
  await run.together([
    feedOutput(command, stream, run.signal),
    run.store(stream, serverName, "fixed", { turn }),
  ]);
}
