import { OpenFlag } from "../../ffi/posix_files.ts";
import { UsageError } from "../errors/mod.ts";
import { compressedTar } from "../download/mod.ts";
import { fileContent } from "./_file_content.ts";
import type { PlaceInImage } from "./guest_images.ts";
import { openPlace } from "./_list_place.ts";
import { PlaceTree } from "./_place_tree.ts";
import { pxarOfPlace } from "./_pxar_of_place.ts";
import { tarOfPlace } from "./_tar_of_place.ts";
import { zipOfPlace } from "./_zip_of_place.ts";
import type { GuestFormat } from "./guest_format.ts";

/** How something is extracted. */
export interface PlaceExtraction {
  /** By the type of what is extracted if absent: files plain, directories as ZIP. */
  readonly format: GuestFormat | undefined;
  /** Whether it is compressed with zstd. */
  readonly zstd: boolean;
  /** Hears of what is left out or lost. */
  readonly log: (message: string) => void;
}

/** An extraction, while it is read. */
export interface ExtractedPlace extends AsyncDisposable {
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * Opens what is extracted.
 *
 * @throws {NotFoundError} if there is nothing, {UsageError} if it has no such form.
 */
export async function extractPlace(
  place: PlaceInImage,
  { format, zstd, log }: PlaceExtraction,
): Promise<ExtractedPlace> {
  const wanted = format ?? await ownFormat(place);
  const extracted = wanted === "plain" ? await plain(place) : await treeAs(place, wanted, log);
  return zstd ? { ...extracted, content: compressedTar(extracted.content) } : extracted;
}

async function ownFormat(place: PlaceInImage): Promise<GuestFormat> {
  using open = await openPlace(place, false);
  return open.stat.isDirectory ? "zip" : "plain";
}

async function plain(place: PlaceInImage): Promise<ExtractedPlace> {
  using found = await openPlace(place, true);
  if (!found.stat.isFile) {
    const kind = found.stat.isDirectory ? "a directory" : "no regular file";
    throw new UsageError(`${place.path.shown} is ${kind}: choose pxar, tar or zip`);
  }
  // What it is was looked at before: opening a pipe would wait.
  const open = await openPlace(place, true, OpenFlag.READ | OpenFlag.NONBLOCK);
  const entry = { fd: open.fd, sizeBytes: open.stat.size };
  return {
    content: fileContent(entry, place.path.bytes),
    [Symbol.asyncDispose]: () => Promise.resolve(open[Symbol.dispose]()),
  };
}

async function treeAs(
  place: PlaceInImage,
  format: Exclude<GuestFormat, "plain">,
  log: (message: string) => void,
): Promise<ExtractedPlace> {
  const tree = await PlaceTree.open(place, log);
  const content = {
    pxar: () => pxarOfPlace(tree, place),
    tar: () => tarOfPlace(tree, log),
    zip: () => zipOfPlace(tree),
  }[format]();
  return { content, [Symbol.asyncDispose]: () => tree[Symbol.asyncDispose]() };
}
