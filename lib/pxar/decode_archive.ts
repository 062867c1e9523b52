import { CorruptDataError } from "../errors/mod.ts";
import { PayloadDecoder } from "./payload_decoder.ts";
import { PxarDecoder, type PxarDecoderOptions } from "./pxar_decoder.ts";
import type { PxarEntry } from "./pxar_entry.ts";

/** A stream in pieces. A piece stays valid until the next one is asked for. */
export interface ChunkSource {
  /** The next piece, `undefined` at the end. */
  next(): Promise<Uint8Array | undefined>;
}

/** Takes what an archive holds, in stream order. */
export interface ArchiveVisitor {
  /**
   * A new entry; the children of a directory follow.
   *
   * @returns Whether the content of a file is wanted; of no meaning for other entries.
   */
  entry(entry: PxarEntry, decoder: PxarDecoder): boolean;
  /** A stretch of the wanted content of the last file, valid during the call; never empty. */
  data(bytes: Uint8Array): void | Promise<void>;
  /** The innermost directory ends. */
  leave(): void;
}

/**
 * Leads a visitor through an archive of either version.
 *
 * @param metadata The archive, or the metadata stream of a split archive.
 * @param payload The payload stream; only needed if a visitor wants contents of a split archive.
 * @throws {CorruptDataError} if the archive is damaged, or content is wanted and there is no payload.
 */
export async function decodeArchive(
  metadata: ChunkSource,
  payload: ChunkSource | undefined,
  visitor: ArchiveVisitor,
  options: PxarDecoderOptions = {},
): Promise<void> {
  const decoder = new PxarDecoder(options);
  const contents = payload && new PayloadDecoder();
  let payloadChunk: Uint8Array = new Uint8Array();

  const visitContent = async (entry: PxarEntry) => {
    if (contents === undefined) {
      throw new CorruptDataError("archive: contents are in a payload stream, which is missing");
    }
    contents.request(entry.payloadOffset, entry.size);
    for (let event = contents.next(); event !== "done"; event = contents.next()) {
      if (event === "data") {
        const { dataStart, dataLength } = contents;
        await visitor.data(payloadChunk.subarray(dataStart, dataStart + dataLength));
      } else {
        const next = await payload!.next();
        if (next === undefined) contents.end();
        else contents.feed(payloadChunk = next);
      }
    }
  };

  let chunk: Uint8Array = new Uint8Array();
  for (let event = decoder.next(); event !== "finished"; event = decoder.next()) {
    if (event === "need-input") {
      const next = await metadata.next();
      if (next === undefined) decoder.end();
      else decoder.feed(chunk = next);
    } else if (event === "entry") {
      const { entry } = decoder;
      const wanted = visitor.entry(entry, decoder);
      if (!wanted) decoder.skipContent();
      else if (entry.payloadOffset >= 0) await visitContent(entry);
    } else if (event === "data") {
      const { dataStart, dataLength } = decoder;
      const result = visitor.data(chunk.subarray(dataStart, dataStart + dataLength));
      if (result !== undefined) await result;
    } else {
      visitor.leave();
    }
  }
}
