import { quotePath } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";

import { PxarDecoder, type PxarEntry } from "../pxar/mod.ts";
import type { PlacedChunk } from "../reading/mod.ts";
import { FileInput } from "./_archive_input.ts";
import { checkForm } from "./_check_form.ts";
import { InputPieces } from "./_input_pieces.ts";

/** Contents of files longer than this are left out, as far as the input allows it. */
const PIECE_BYTES = 256 * 1024;
const SLASH = 0x2f;

/** Which archive to list; paths are raw bytes. */
export interface ListArchiveRequest {
  /** `-` is the standard input. */
  readonly archive: Uint8Array | "-";
  /** The file with the contents of a split archive. */
  readonly payload?: Uint8Array;
  /** The format version, before the first entry. */
  readonly onVersion?: (version: number) => void;
  /**
   * Each entry in the archive's order, the root first.
   *
   * @param path Begins with a slash; valid during the call.
   */
  readonly onEntry: (path: Uint8Array, entry: PxarEntry) => void;
}

/**
 * Goes through the entries of an archive file.
 *
 * @throws {UsageError} if the second half of a split archive is missing.
 * @throws {NotFoundError} if there is no such archive.
 * @throws {CorruptDataError} if it is damaged, with the offset and the path.
 */
export async function listArchiveFile(request: ListArchiveRequest): Promise<void> {
  using archive = await FileInput.open(request.archive);
  using payload = request.payload && await FileInput.open(request.payload);
  await using pieces = new InputPieces(archive, PIECE_BYTES);
  await using payloadPieces = payload && new InputPieces(payload, PIECE_BYTES);
  await checkForm(archive, pieces, payload && { input: payload, pieces: payloadPieces! });
  const path = new ListedPath();
  try {
    await readEntries(pieces, request, path);
  } catch (error) {
    if (!(error instanceof CorruptDataError)) throw error;
    throw new CorruptDataError(
      `${archive.name}: ${error.message} (the last entry read: ${quotePath(path.bytes)})`,
    );
  }
}

async function readEntries(
  pieces: InputPieces,
  { onEntry, onVersion }: ListArchiveRequest,
  path: ListedPath,
): Promise<void> {
  const decoder = new PxarDecoder();
  let piece: PlacedChunk | undefined;
  let isFirst = true;
  for (;;) {
    switch (decoder.next()) {
      case "need-input":
        piece?.release();
        if (decoder.contentLeft > 0) {
          pieces.skipTo(decoder.position + decoder.contentLeft);
          decoder.skipInput(Math.max(0, pieces.position - decoder.position));
        }
        piece = await pieces.next();
        if (piece === undefined) decoder.end();
        else decoder.feed(piece.chunk.bytes);
        break;
      case "entry":
        if (isFirst) onVersion?.(decoder.version);
        isFirst = false;
        path.enter(decoder.entry);
        onEntry(path.bytes, decoder.entry);
        decoder.skipContent();
        break;
      case "data":
        break;
      case "leave":
        path.leave();
        break;
      case "finished":
        return;
    }
  }
}

/** The path of the entry that was read last, in one piece of memory. */
class ListedPath {
  #bytes: Uint8Array<ArrayBuffer> = Uint8Array.of(SLASH);
  /** Length with the slash behind each directory that is open. */
  readonly #levels: number[] = [];
  #length = 1;

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  enter({ kind, name }: PxarEntry): void {
    const start = this.#levels.at(-1) ?? 0;
    const end = start + name.length;
    if (this.#bytes.length < end + 1) {
      const grown = new Uint8Array((end + 1) * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(name, start);
    this.#bytes[end] = SLASH;
    if (kind === "directory") this.#levels.push(end + 1);
    // The root is nothing but its slash.
    this.#length = Math.max(end, 1);
  }

  leave(): void {
    this.#levels.pop();
  }
}
