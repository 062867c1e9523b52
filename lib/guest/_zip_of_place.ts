import { type ZipEntry, zipOf } from "../download/mod.ts";
import { fileContent } from "./_file_content.ts";
import type { PlaceTree } from "./_place_tree.ts";

/**
 * A tree as ZIP: directories, files and symbolic links, further names of files as files of their own.
 * Its paths begin with the name of the place.
 *
 * @throws What could not be read, at once, and what was left out of directories, at its end.
 */
export async function* zipOfPlace(tree: PlaceTree): AsyncGenerator<Uint8Array> {
  yield* zipOf(entriesOf(tree));
}

async function* entriesOf(tree: PlaceTree): AsyncGenerator<ZipEntry> {
  for await (const event of tree.events()) {
    if (event === "leave" || event.path.length === 0) continue;
    const { entry, path } = event;
    const { kind, metadata, target, sizeBytes: size } = entry;
    const common = { path, mode: metadata?.mode ?? 0, mtimeSecs: metadata?.mtimeSecs ?? 0 };
    if (kind === "directory") yield { ...common, kind };
    else if (kind === "symlink") yield { ...common, kind, target: target! };
    else if (kind === "file") yield { ...common, kind, size, content: fileContent(entry, path) };
    else if (kind === "hardlink") yield* linkedFile(tree, path, target!);
  }
  tree.finish();
}

async function* linkedFile(
  tree: PlaceTree,
  path: Uint8Array,
  target: Uint8Array,
): AsyncGenerator<ZipEntry> {
  const { fd, stat } = await tree.openLinked(target);
  const { mode, size, modificationTime: mtimeSecs } = stat;
  const content = fileContent({ fd, sizeBytes: size }, path);
  yield { kind: "file", path, mode, mtimeSecs, size, content };
}
