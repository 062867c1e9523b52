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
  yield { path: name, node: folder };
  if (folder.entry.kind !== "directory") return;
  const entriesOf = async (path: Uint8Array, node: PxarNode) => ({
    path,
    entries: (await accessor.directory(node)).entries(),
  });
  const stack = [await entriesOf(name, folder)];
  try {
    for (let level = stack.at(-1); level !== undefined; level = stack.at(-1)) {
      const { value: node, done } = await level.entries.next();
      if (done) {
        stack.pop();
        continue;
      }
      const path = childPath(level.path, node.entry.name);
      yield { path, node };
      if (node.entry.kind === "directory") stack.push(await entriesOf(path, node));
    }
  } finally {
    for (const { entries } of stack) await entries.return(undefined);
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
