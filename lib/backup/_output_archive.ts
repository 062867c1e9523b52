import type { ByteSink } from "../chunking/mod.ts";
import { concatBytes } from "../bytes/mod.ts";
import { type EntryMetadata, PxarEncoder } from "../pxar/mod.ts";
import { splitArchiveNames } from "../repository/mod.ts";
import type { BackupRun } from "./_backup_run.ts";
import type { CatalogArchive } from "./_catalog_archive.ts";
import type { UploadCounters } from "./_chunk_uploader.ts";
import { type Frame, FramedChunks } from "./_framed_chunks.ts";
import { HeldChunks } from "./_held_chunks.ts";
import { feedOutput } from "./_source_command.ts";
import type { SourceCommand } from "./backup_request.ts";

const FOLDER_MODE = 0o40700;
const FILE_MODE = 0o100600;

/**
 * Stores what a command prints as the only file of an archive. An archive says how long a file is before
 * its content, which is known only when the command has ended: so the content is stored first, in chunks
 * of its own, and what comes before it at the end. Nothing waits on a disk.
 *
 * @param catalog Of unsplit archives.
 */
export async function storeOutputArchive(
  run: BackupRun,
  command: SourceCommand,
  serverName: string,
  catalog: CatalogArchive,
): Promise<void> {
  run.previous.tellOfIndex(serverName);
  const file = describeFile(command);
  await storeAround(run, command, serverName, (size) => {
    const frame = new FrameSink();
    encode(new PxarEncoder(frame), file, size);
    catalog.writer.startArchive(serverName);
    catalog.writer.addFile(file.name, size, file.metadata.mtimeSecs);
    catalog.writer.endArchive();
    return frame.finish();
  });
}

/** As {@linkcode storeOutputArchive}, for a split archive. */
export async function storeSplitOutputArchive(
  run: BackupRun,
  command: SourceCommand,
  serverName: string,
): Promise<void> {
  const names = splitArchiveNames(serverName)!;
  run.previous.tellOfIndex(names.payload);
  run.previous.tellOfIndex(names.metadata);
  const file = describeFile(command);
  const metadata = run.openStream(dynamic(run));
  await storeAround(run, command, names.payload, (size) => {
    const frame = new FrameSink();
    encode(new PxarEncoder(metadata, frame), file, size);
    return frame.finish();
  });
  await run.together([metadata.end(), run.store(metadata, names.metadata, "dynamic")]);
}

/** Stores the content, then the index of it and of what is around it. */
async function storeAround(
  run: BackupRun,
  command: SourceCommand,
  indexName: string,
  frameOf: (sizeBytes: number) => Frame,
): Promise<void> {
  const started = performance.now();
  const writer = await run.target.createIndex("dynamic", indexName);
  const held = new HeldChunks(writer);
  const stream = run.openStream(dynamic(run));
  let content: UploadCounters | undefined;
  await run.together([
    feedOutput(command, stream, run.signal),
    run.upload(stream, held, "dynamic").then((counters) => content = counters),
  ]);
  run.observer.progress.files++;
  const frame = frameOf(held.sizeBytes);
  const framed = new FramedChunks(held, frame, () => run.openStream(dynamic(run)));
  const { checksum, ...whole } = await run.upload(framed, writer, "dynamic", { isCounted: false });
  const seconds = (performance.now() - started) / 1000;
  run.finishIndex(indexName, checksum, joinCounters(content!, whole), seconds);
}

function dynamic(run: BackupRun) {
  return { kind: "dynamic", averageSizeBytes: run.request.chunkSizeBytes } as const;
}

/** Counters of an archive whose content was counted before, and as known chunks then. */
function joinCounters(content: UploadCounters, whole: UploadCounters): UploadCounters {
  const newBytes = content.newBytes + whole.newBytes;
  const known = [content.addedBytes, whole.addedBytes];
  return {
    ...whole,
    knownChunkCount: content.knownChunkCount + whole.knownChunkCount - content.chunkCount,
    newBytes,
    reusedBytes: whole.sizeBytes - newBytes,
    storedBytes: content.storedBytes + whole.storedBytes,
    addedBytes: known.some((bytes) => bytes === undefined)
      ? undefined
      : known.reduce<number>((sum, bytes) => sum + bytes!, 0),
  };
}

interface OutputFile {
  readonly name: Uint8Array;
  readonly metadata: EntryMetadata;
  readonly folder: EntryMetadata;
}

/** A dump may hold secrets: nobody but the user who made it may read what is restored of it. */
function describeFile({ fileName }: SourceCommand): OutputFile {
  const common = {
    flags: 0,
    uid: Deno.uid() ?? 0,
    gid: Deno.gid() ?? 0,
    mtimeSecs: Math.floor(Date.now() / 1000),
    mtimeNanos: 0,
  };
  return {
    name: new TextEncoder().encode(fileName),
    metadata: { mode: FILE_MODE, ...common },
    folder: { mode: FOLDER_MODE, ...common },
  };
}

function encode(encoder: PxarEncoder, file: OutputFile, size: number): void {
  encoder.startArchive(file.folder);
  encoder.addFile(file.name, file.metadata, size, NO_DESCRIPTOR, 0);
  encoder.finish();
}

const NO_DESCRIPTOR = -1;

/** Takes what an encoder writes around the content of one file, and not the content. */
class FrameSink implements ByteSink {
  readonly full = false;
  #parts: Uint8Array[] = [];
  #before: Uint8Array | undefined;
  #position = 0;

  get position(): number {
    return this.#position;
  }

  write(bytes: Uint8Array): void {
    this.#parts.push(bytes.slice());
    this.#position += bytes.length;
  }

  splice(_fd: number, size: number): void {
    if (this.#before !== undefined) throw new RangeError("there is one file only");
    this.#before = concatBytes(this.#parts);
    this.#parts = [];
    this.#position += size;
  }

  drain(): Promise<void> {
    return Promise.resolve();
  }

  finish(): Frame {
    if (this.#before === undefined) throw new RangeError("there was no file");
    return { before: this.#before, after: concatBytes(this.#parts) };
  }
}
