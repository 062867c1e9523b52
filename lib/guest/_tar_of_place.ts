import { CorruptDataError } from "../errors/mod.ts";
import { zeroPieces } from "../download/mod.ts";
import { tarBrokenEnd, TarSink } from "../tar/mod.ts";
import { fileContent } from "./_file_content.ts";
import type { PlaceTree, TreeEvent } from "./_place_tree.ts";

/** Small parts are collected up to this. */
const COLLECTED_BYTES = 64 * 1024;

/**
 * A tree as tar; its paths begin with the name of the place.
 *
 * @param log Hears of what tar cannot hold.
 * @throws What was lost, at its end, which such a tar file lacks.
 */
export async function* tarOfPlace(
  tree: PlaceTree,
  log: (message: string) => void,
): AsyncGenerator<Uint8Array> {
  const sink = new TarSink({
    attributes: { xattrs: true, fcaps: true, acls: true },
    warn: log,
    zerosWithin: () => [],
    root: new Uint8Array(),
    keepsParts: true,
  });
  try {
    let depth = 0;
    for await (const event of tree.events()) {
      if (event === "leave") {
        if (--depth === 0) break;
        sink.leaveDirectory();
        continue;
      }
      if (event.entry.kind === "directory") depth++;
      // The root is the directory that the place is in.
      if (depth === 1 && event.path.length === 0) continue;
      yield* addTo(sink, tree, event);
      if (sink.pendingBytes >= COLLECTED_BYTES) yield* taken(sink);
    }
    tree.finish();
    sink.finish();
    yield* taken(sink);
  } catch (error) {
    yield* taken(sink);
    yield tarBrokenEnd();
    throw error;
  }
}

async function* addTo(
  sink: TarSink,
  tree: PlaceTree,
  { entry, path }: Exclude<TreeEvent, "leave">,
): AsyncGenerator<Uint8Array> {
  const { kind, name, metadata, target, sizeBytes, major, minor } = entry;
  switch (kind) {
    case "directory":
      return sink.enterDirectory(name, metadata!);
    case "hardlink":
      return sink.hardlink(name, target!);
    case "symlink":
      return sink.symlink(name, metadata!, target!);
    case "device":
      return sink.device(name, metadata!, major, minor);
    case "fifo":
      return sink.fifo(name, metadata!);
    case "socket":
      return sink.socket(name);
    case "file":
  }
  sink.beginFile(name, metadata!, sizeBytes);
  try {
    for await (const piece of fileContent(entry, path)) {
      sink.inlineData(piece);
      if (sink.pendingBytes >= COLLECTED_BYTES) yield* taken(sink);
    }
  } catch (error) {
    if (!(error instanceof CorruptDataError)) throw error;
    tree.lost(error);
    return sink.dropFile();
  }
  sink.endFile();
}

function* taken(sink: TarSink): Generator<Uint8Array> {
  for (const part of sink.take()) {
    if (typeof part === "number") yield* zeroPieces(part);
    else yield part;
  }
}
