import { CorruptDataError, UsageError } from "../errors/mod.ts";
import { PxarDecoder } from "../pxar/mod.ts";
import type { ArchiveInput } from "./_archive_input.ts";
import type { InputPieces } from "./_input_pieces.ts";

/** First bytes of the contents' half of a split archive (spec: pxar.md §3). */
const PAYLOAD_START = [0xd2, 0x4e, 0x4a, 0x19, 0xc2, 0x68, 0x4c, 0x83];

/**
 * Makes sure, before anything is made of an archive, that it is one and has its other half.
 *
 * @throws {UsageError} if the file for the contents is missing, or there is one too many.
 * @throws {CorruptDataError} if it does not begin like an archive.
 */
export async function checkForm(
  archive: ArchiveInput,
  pieces: InputPieces,
  payload: { readonly input: ArchiveInput; readonly pieces: InputPieces } | undefined,
): Promise<void> {
  const { bytes, isAll } = await pieces.peek();
  if (isPayload(bytes)) {
    throw new UsageError(
      `${archive.name} holds only the contents of a split archive: name the file with its entries, ` +
        "and this one with --payload-input",
    );
  }
  const version = versionOf(bytes, isAll, archive.name);
  if (version === 2 && payload === undefined) {
    throw new UsageError("Payload input required for split pxar archives");
  }
  if (payload === undefined) return;
  if (version === 1) {
    throw new UsageError(
      `${archive.name} is no split archive, --payload-input does not belong to it`,
    );
  }
  if (version === 2 && !isPayload((await payload.pieces.peek()).bytes)) {
    throw new CorruptDataError(
      `unexpected header in payload input: ${payload.input.name} holds no contents of a split archive`,
    );
  }
}

function isPayload(start: Uint8Array): boolean {
  return start.byteLength >= PAYLOAD_START.length &&
    PAYLOAD_START.every((byte, index) => start[index] === byte);
}

/** Format version; undefined if the root has so many attributes that it is not known yet. */
function versionOf(start: Uint8Array, isAll: boolean, name: string): number | undefined {
  const decoder = new PxarDecoder();
  if (start.byteLength > 0) decoder.feed(start);
  if (isAll) decoder.end();
  try {
    return decoder.next() === "entry" ? decoder.version : undefined;
  } catch (error) {
    if (!(error instanceof CorruptDataError)) throw error;
    throw new CorruptDataError(`${name}: ${error.message}`, { cause: error });
  }
}
