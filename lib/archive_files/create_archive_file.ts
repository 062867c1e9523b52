import {
  ArchivingVisitor,
  describeLeaveOut,
  type LeaveOut,
  newBackupProgress,
  recordedExcludes,
  type TreeDestination,
  understoodExcludes,
} from "../backup/mod.ts";
import { bytesEqual, quotePath } from "../bytes/mod.ts";
import { UncutStream } from "../chunking/mod.ts";
import { CancelledError, UsageError } from "../errors/mod.ts";
import {
  describeWarning,
  type MatchList,
  type WalkOptions,
  walkTree,
  type WalkWarning,
} from "../fs/mod.ts";
import { PxarEncoder } from "../pxar/mod.ts";
import { ArchiveOutput } from "./_archive_output.ts";
import { SourceFilter } from "./_source_filter.ts";

/** Source and place of an archive that is to be made (spec: cli.md §7.1). Paths are raw bytes. */
export interface CreateArchiveRequest {
  readonly archive: Uint8Array;
  /** The file for the contents, which makes it a split archive. */
  readonly payload?: Uint8Array;
  /** A directory; a symbolic link is not followed. */
  readonly source: Uint8Array;
  readonly excludes: MatchList;
  /** Everything else that is left out; its patterns are among the excludes already. */
  readonly leaveOut?: LeaveOut;
  readonly allFileSystems: boolean;
  /** Most entries in all directories open at a time. */
  readonly entriesMax: number;
  readonly xattrs: boolean;
  readonly fcaps: boolean;
  readonly acls: boolean;
  readonly devices: boolean;
  readonly fifos: boolean;
  readonly sockets: boolean;
  readonly signal: AbortSignal;
}

/** Listener for what happens while an archive is made. */
export interface CreateArchiveObserver {
  /** A line for people; the work goes on. */
  log(level: "info" | "warn" | "error", message: string): void;
  /** Path of each entry before it is archived. */
  entry?(path: Uint8Array): void;
}

/**
 * Makes an archive of a directory, byte for byte the one that a backup of it stores.
 *
 * A file gets its name when it is complete: what fails leaves nothing behind, and nothing is replaced.
 *
 * @throws {UsageError} if the request makes no sense.
 * @throws {SystemError} that names the path, if reading or writing fails.
 * @throws {CancelledError} if the signal ended it.
 */
export async function createArchiveFile(
  request: CreateArchiveRequest,
  observer: CreateArchiveObserver,
): Promise<void> {
  const { archive, payload, signal } = request;
  if (payload !== undefined && bytesEqual(archive, payload)) {
    throw new UsageError(`archive and payload cannot both be ${quotePath(archive)}`);
  }
  using archiveOutput = await ArchiveOutput.open(archive);
  using payloadOutput = payload && await ArchiveOutput.open(payload);
  const outputs = [payloadOutput, archiveOutput].filter((output) => output !== undefined);
  const streams = new Map(outputs.map((output) => [output, streamInto(output)]));
  try {
    await writeTree(request, observer, {
      outputs,
      archive: streams.get(archiveOutput)!,
      payload: payloadOutput && streams.get(payloadOutput)!,
    });
  } catch (error) {
    for (const [output, stream] of streams) {
      stream.abort();
      // A pipe that nobody reads may keep a write waiting for ever; there is no file to remove.
      if (output.isFile) await stream.settle();
    }
    if (signal.aborted) throw new CancelledError("the archive was interrupted", { cause: error });
    throw error;
  }
  try {
    for (const output of outputs) output.publish();
  } catch (error) {
    for (const output of outputs) output.withdraw();
    throw error;
  }
}

function streamInto(output: ArchiveOutput): UncutStream {
  return new UncutStream(output.fd, quotePath(output.path));
}

interface Streams {
  readonly outputs: readonly ArchiveOutput[];
  readonly archive: UncutStream;
  readonly payload: UncutStream | undefined;
}

async function writeTree(
  request: CreateArchiveRequest,
  observer: CreateArchiveObserver,
  { outputs, archive, payload }: Streams,
): Promise<void> {
  const excludes = understoodExcludes(
    request.excludes,
    request.source,
    (line) => observer.log("info", line),
  );
  const destination: TreeDestination = {
    encoder: new PxarEncoder(archive, payload),
    stream: archive,
    ...(payload === undefined ? {} : { payload }),
    ...recordedExcludes(excludes, payload !== undefined, describeLeaveOut(request.leaveOut)),
  };
  const onWarning = (warning: WalkWarning) => {
    const { level, text } = describeWarning(warning);
    observer.log(level, text);
  };
  const visitor = new ArchivingVisitor(destination, newBackupProgress(), onWarning);
  const filter = new SourceFilter(visitor, {
    devices: request.devices,
    fifos: request.fifos,
    sockets: request.sockets,
    isLeftOut: (identity) => {
      const output = outputs.find((output) => output.is(identity));
      if (output === undefined) return false;
      observer.log("warn", `left out the archive itself: ${quotePath(output.path)}`);
      return true;
    },
    onEntry: observer.entry && ((path) => observer.entry!(path)),
  });
  await walkTree(walkOptions({ ...request, excludes }, onWarning), filter);
  await payload?.end();
  await archive.end();
  visitor.settle();
  for (const path of request.leaveOut?.listed?.missing ?? []) {
    observer.log("warn", `listed path ${quotePath(path)} is not in the source, or left out`);
  }
}

function walkOptions(
  request: CreateArchiveRequest,
  onWarning: (warning: WalkWarning) => void,
): WalkOptions {
  const { filters, listed } = request.leaveOut ?? {};
  const selection = listed?.selectionOf(request.source);
  return {
    source: request.source,
    followSource: false,
    excludes: request.excludes,
    filters: { ...filters, ...(selection && { selection }) },
    allFileSystems: request.allFileSystems,
    entriesMax: request.entriesMax,
    xattrs: request.xattrs,
    fcaps: request.fcaps,
    acls: request.acls,
    onWarning,
    signal: request.signal,
  };
}
