import { UsageError } from "../errors/mod.ts";
import { FixedIndex } from "../index/mod.ts";
import { lookUpFile } from "../manifest/mod.ts";
import type { CheckedSnapshot, ChunkCache } from "../reading/mod.ts";
import { parseArchiveName } from "../repository/mod.ts";
import { ImageContent } from "./image_content.ts";

/**
 * Opens an image of a snapshot, and reads a byte of it: what stands in the way is found now.
 *
 * @param name With or without the server's suffix: `disk.img`.
 * @param cache Where chunks come from; stays the caller's.
 * @throws {UsageError} if the name is none of an image, {NotFoundError} if there is no such image.
 * @throws {CorruptDataError} if its index or first chunk is damaged, {KeyError} if the key is missing.
 */
export async function openImage(
  snapshot: CheckedSnapshot,
  name: string,
  cache: ChunkCache,
): Promise<ImageContent> {
  checkImageName(name);
  const file = lookUpFile(snapshot.manifest, parseArchiveName(name).serverName);
  const index = await snapshot.readIndex(file);
  if (!(index instanceof FixedIndex)) throw new UsageError(`'${name}' is no image`);
  const encrypted = file.cryptMode === "encrypt";
  const content = new ImageContent(index, cache, { encrypted, idKey: snapshot.crypt?.idKey });
  if (content.size === 0) {
    throw new UsageError(`image '${name}' is empty, there is nothing to show`);
  }
  await content.read(0, 1);
  return content;
}

/**
 * Refuses what is no image by its name (spec: cli.md §4.12).
 *
 * @throws {UsageError} if it is none.
 */
export function checkImageName(name: string): void {
  const { clientName } = parseArchiveName(name);
  if (clientName.endsWith(".img")) return;
  throw new UsageError(
    /\.[mp]?pxar$/.test(clientName)
      ? "use the 'mount' command to mount pxar archives"
      : `only images (NAME.img) can be mapped, '${name}' is none`,
  );
}
