import { quotePath } from "../bytes/mod.ts";
import { CancelledError, CorruptDataError } from "../errors/mod.ts";
import {
  type ExtractError,
  type ExtractOptions,
  type ExtractReport,
  type MatchList,
  TreeExtractor,
} from "../fs/mod.ts";
import {
  extractTree,
  newRestoreProgress,
  NewTarget,
  NothingSelectedError,
  OutputFile,
  replaceFile,
} from "../restore/mod.ts";
import { type ArchiveInput, FileInput } from "./_archive_input.ts";
import type { ArchiveStream } from "./archive_stream.ts";
import { checkForm } from "./_check_form.ts";
import { InputPieces } from "./_input_pieces.ts";
import { LinkedInFile } from "./_linked_in_file.ts";
import { StreamInput } from "./_stream_input.ts";

/** Large enough that a piece costs little, small enough that few of them fill the processor's cache. */
const PIECE_BYTES = 1024 * 1024;

/** Those of {@linkcode ExtractOptions} that are the user's choice. */
export type ExtractChoices = Omit<ExtractOptions, "errorPolicy" | "onError" | "onNote" | "threads">;

/** Archive to extract, and where to (spec: cli.md §7.1). Paths are raw bytes. */
export interface ExtractArchiveRequest {
  /** `-` is the standard input. */
  readonly archive: Uint8Array | "-" | ArchiveStream;
  /** The file with the contents of a split archive. */
  readonly payload?: Uint8Array;
  readonly target: Uint8Array;
  /** Empty for everything. */
  readonly patterns: MatchList;
  readonly choices: ExtractChoices;
  /** The first error ends it. */
  readonly isStrict: boolean;
  /** File to write the prelude of a split archive to. */
  readonly preludeTarget?: Uint8Array;
  readonly signal: AbortSignal;
}

/** Listener for what happens while an archive is extracted. */
export interface ExtractArchiveObserver {
  /** A line for people; the work goes on. */
  log(level: "debug" | "info" | "warn" | "error", message: string): void;
  /** An entry, or a step of its metadata, failed; the work goes on. */
  failed(error: ExtractError): void;
  /** Positions of the patterns that matched nothing, while others selected something. */
  unmatched(patterns: readonly number[]): void;
}

/**
 * Makes the tree of an archive file below a target directory.
 *
 * @returns What was made, and what was not.
 * @throws {UsageError} if archive and options do not fit together; nothing was made.
 * @throws {NotFoundError} if there is no such archive, or patterns select nothing of it.
 * @throws {SystemError} the first error, if it is strict; or if reading failed.
 * @throws {CorruptDataError} if the archive is damaged, with the offset and the path; what comes before
 *   stays.
 * @throws {CancelledError} if the signal ended it.
 */
export async function extractArchiveFile(
  request: ExtractArchiveRequest,
  observer: ExtractArchiveObserver,
): Promise<ExtractReport> {
  try {
    using archive = await openInput(request.archive);
    using payload = request.payload && await FileInput.open(request.payload);
    await using pieces = new InputPieces(archive, PIECE_BYTES);
    await using payloadPieces = payload && new InputPieces(payload, PIECE_BYTES);
    await checkForm(archive, pieces, payload && { input: payload, pieces: payloadPieces! });
    return await extract(request, observer, { archive, payload, pieces, payloadPieces });
  } catch (error) {
    if (!request.signal.aborted) throw error;
    throw new CancelledError("the extraction was interrupted", { cause: error });
  }
}

async function openInput(archive: ExtractArchiveRequest["archive"]): Promise<ArchiveInput> {
  const isStream = typeof archive === "object" && "pieces" in archive;
  return isStream ? new StreamInput(archive) : await FileInput.open(archive);
}

interface Inputs {
  readonly archive: ArchiveInput;
  readonly payload: ArchiveInput | undefined;
  readonly pieces: InputPieces;
  readonly payloadPieces: InputPieces | undefined;
}

async function extract(
  request: ExtractArchiveRequest,
  observer: ExtractArchiveObserver,
  { archive, payload, pieces, payloadPieces }: Inputs,
): Promise<ExtractReport> {
  const { target, patterns, choices, isStrict, signal } = request;
  using newTarget = NewTarget.watch(target);
  await using extractor = TreeExtractor.open(target, {
    ...choices,
    errorPolicy: isStrict ? "stop" : "collect",
    onError: (error) => observer.failed(error),
    onNote: (message, level) => observer.log(level, message),
  });
  const { report, failure, lastPath } = await extractTree({
    archive: archive.name,
    archiveChunks: pieces,
    payloadChunks: payloadPieces,
    linkedContent: new LinkedInFile(archive, payload),
    target: {
      extractor,
      patterns,
      onPrelude: (prelude) => writePrelude(prelude, request, observer),
      onSelected: (count, unmatched) => {
        if (count > 0) {
          if (unmatched.length > 0) observer.unmatched(unmatched);
          return;
        }
        newTarget.removeLater();
        throw new NothingSelectedError(
          `the patterns select nothing in ${archive.name}; paths begin at the root of the archive`,
        );
      },
    },
    observer: {
      log: (level, message) => observer.log(level, message),
      progress: newRestoreProgress(),
    },
    signal,
  });
  if (failure === undefined) return report;
  if (!(failure instanceof CorruptDataError)) throw failure;
  throw new CorruptDataError(`${failure.message} (the last entry read: ${quoted(lastPath)})`);
}

function quoted(path: Uint8Array): string {
  return `"/${quotePath(path).slice(1)}`;
}

async function writePrelude(
  prelude: Uint8Array | undefined,
  { preludeTarget, choices }: ExtractArchiveRequest,
  observer: ExtractArchiveObserver,
): Promise<void> {
  if (preludeTarget === undefined) return;
  if (prelude === undefined) {
    observer.log("info", "No prelude entry found, skip prelude restore.");
    return;
  }
  if (choices.overwriteFiles) {
    await replaceFile(preludeTarget, prelude);
    return;
  }
  using output = OutputFile.create(preludeTarget);
  await output.write(prelude);
  output.finish();
}
