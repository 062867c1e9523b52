import { recordedExcludes } from "../backup/mod.ts";
import { StreamParts } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { zeroPieces } from "../download/mod.ts";
import { EXCLUDE_CLI_FILE_NAME, type ExistingEntry } from "../fs/mod.ts";
import { PxarEncoder } from "../pxar/mod.ts";
import { fileContent } from "./_file_content.ts";
import type { PlaceInImage } from "./guest_images.ts";
import { patternsOf } from "./guest_path.ts";
import { pathKey, type PlaceTree } from "./_place_tree.ts";

/** Bytes that are sent together. */
const COLLECTED_BYTES = 64 * 1024;

/** Archive that waits to be taken, and what writes it. */
class Collected {
  readonly encoder: PxarEncoder;
  readonly #parts = new StreamParts(true);
  #isOwn = false;

  constructor() {
    const { write } = this;
    this.encoder = new PxarEncoder({
      position: 0,
      full: false,
      write: write.bind(this),
      splice: () => {},
      drain: () => Promise.resolve(),
    });
  }

  /** Adds content of the file at hand, which nobody changes any more. */
  content(bytes: Uint8Array): void {
    this.#isOwn = true;
    this.encoder.writeContent(bytes);
    this.#isOwn = false;
  }

  *take(isAll: boolean): Generator<Uint8Array> {
    if (!isAll && this.#parts.pendingBytes < COLLECTED_BYTES) return;
    for (const part of this.#parts.take()) if (typeof part !== "number") yield part;
  }

  write(bytes: Uint8Array): void {
    this.#parts.push(this.#isOwn ? bytes : bytes.slice());
  }
}

/**
 * A tree as an archive: its root is the directory that the place is in, with the patterns that leave
 * everything else out, as the reference writes it (spec: client-pipeline.md §9).
 *
 * @throws What was lost, at its end; what could not be read is zeros in the archive.
 */
export async function* pxarOfPlace(
  tree: PlaceTree,
  { path }: PlaceInImage,
): AsyncGenerator<Uint8Array> {
  const out = new Collected();
  const { encoder } = out;
  const positions = new Map<string, number>();
  let depth = 0;
  for await (const event of tree.events()) {
    if (event === "leave") {
      if (--depth === 0) break;
      encoder.leaveDirectory();
    } else if (event.entry.kind === "directory") {
      if (depth++ === 0) encoder.startArchive(event.entry.metadata!);
      else encoder.enterDirectory(event.entry.name, event.entry.metadata!);
    } else if (event.entry.kind === "file") {
      const { name, metadata, sizeBytes, isShared } = event.entry;
      const position = encoder.beginFile(name, metadata!, sizeBytes);
      if (isShared) positions.set(pathKey(event.path), position);
      let left = sizeBytes;
      try {
        for await (const piece of fileContent(event.entry, event.path)) {
          out.content(piece);
          left -= piece.length;
          yield* out.take(false);
        }
      } catch (error) {
        if (!(error instanceof CorruptDataError)) throw error;
        tree.lost(error);
        for (const zeros of zeroPieces(left)) {
          out.content(zeros);
          yield* out.take(false);
        }
      }
    } else {
      addOther(encoder, event.entry, positions);
    }
    yield* out.take(false);
  }
  const { excludeCliFile } = recordedExcludes(patternsOf(path.components.at(-1)!), false);
  const name = new TextEncoder().encode(EXCLUDE_CLI_FILE_NAME);
  encoder.addFileBytes(name, excludeCliFile!.metadata, excludeCliFile!.content);
  encoder.finish();
  yield* out.take(true);
  tree.finish();
}

function addOther(
  encoder: PxarEncoder,
  { kind, name, metadata, target, major, minor }: ExistingEntry,
  positions: ReadonlyMap<string, number>,
): void {
  switch (kind) {
    case "hardlink":
      return void encoder.addHardlink(name, target!, positions.get(pathKey(target!))!);
    case "symlink":
      return void encoder.addSymlink(name, metadata!, target!);
    case "device":
      return void encoder.addDevice(name, metadata!, major, minor);
    case "fifo":
      return void encoder.addFifo(name, metadata!);
    case "socket":
      return void encoder.addSocket(name, metadata!);
  }
}
