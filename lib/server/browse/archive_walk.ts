import type { PxarAccessor, PxarNode } from "../../pxar/mod.ts";
import { childPath } from "./browse_path.ts";

/** Bytes of a file's content that are read at a time. */
const PIECE_BYTES = 1024 * 1024;

/** An entry of an archive and its path from the folder that a walk began in. */
export interface WalkedEntry {
  /** Without leading slash. */
  readonly path: Uint8Array;
  readonly node: PxarNode;
}

/**
 * A folder and everything below it, parents before children.
 *
 * @param name Path of the folder itself.
 */
export async function* walkArchive(
  accessor: PxarAccessor,
  folder: PxarNode,
  name: Uint8Array,
): AsyncGenerator<WalkedEntry> {
  const stack: WalkedEntry[] = [{ path: name, node: folder }];
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    yield entry;
    if (entry.node.entry.kind !== "directory") continue;
    const children = await (await accessor.directory(entry.node)).list();
    for (const node of children.reverse()) {
      stack.push({ path: childPath(entry.path, node.entry.name), node });
    }
  }
}

/** The content of a regular file, piece by piece. */
export async function* readContent(
  accessor: PxarAccessor,
  { entry }: PxarNode,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (entry.size === 0) return;
  const { access, offset, size } = await accessor.content(entry);
  for (let done = 0; done < size; done += PIECE_BYTES) {
    const length = Math.min(PIECE_BYTES, size - done);
    yield new Uint8Array(await access.read(offset + done, length));
  }
}
