import { concatBytes } from "../bytes/mod.ts";
import type { PxarAccessor, PxarNode } from "../pxar/mod.ts";

const SLASH = Uint8Array.of(0x2f);

/** An entry of an archive and its path from the folder that a walk began in. */
export interface WalkedEntry {
  /** Without leading slash. */
  readonly path: Uint8Array;
  readonly node: PxarNode;
}

/**
 * A folder and everything below it, parents before children; something else by itself.
 *
 * @param name Path of the folder itself; empty if paths are to begin within it.
 */
export async function* walkArchive(
  accessor: PxarAccessor,
  folder: PxarNode,
  name: Uint8Array,
): AsyncGenerator<WalkedEntry> {
  yield { path: name, node: folder };
  if (folder.entry.kind !== "directory") return;
  const entriesOf = async (path: Uint8Array, node: PxarNode) => ({
    prefix: path.length === 0 ? path : concatBytes([path, SLASH]),
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
      const path = concatBytes([level.prefix, node.entry.name]);
      yield { path, node };
      if (node.entry.kind === "directory") stack.push(await entriesOf(path, node));
    }
  } finally {
    for (const { entries } of stack) await entries.return(undefined);
  }
}
