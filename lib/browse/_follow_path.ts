import { NotFoundError } from "../errors/mod.ts";
import { concatBytes, quotePath } from "../bytes/mod.ts";
import type { PxarAccessor, PxarNode } from "../pxar/mod.ts";

const SLASH = 0x2f;
const DOT = 0x2e;
/** Links that may lead to each other, as Linux has it. */
const MAX_LINKS = 40;
/** Components that are gone through, those of links included. */
const MAX_COMPONENTS = 65_536;

/** An entry that a path leads to. */
export interface FoundEntry {
  readonly node: PxarNode;
  /** Its own path from the root, without leading slash and links; empty for the root. */
  readonly path: Uint8Array;
}

/**
 * The entry at a path, with symbolic links followed as if the archive were a file system of its own:
 * its root is `/`, and there is nothing above.
 *
 * @param followsLast Whether a link at the end is followed; with a slash at its end it always is.
 * @throws {NotFoundError} if there is no such entry, or links lead in a circle.
 */
export async function followPath(
  tree: PxarAccessor,
  path: Uint8Array,
  followsLast: boolean,
): Promise<FoundEntry> {
  const above: PxarNode[] = [tree.root.node];
  const pending = componentsOf(path).reverse();
  let links = 0;
  let followed: Uint8Array | undefined;
  const fail = (problem: string): never => {
    const way = followed === undefined ? "" : `, to which the link ${quotePath(followed)} leads`;
    throw new NotFoundError(`${quotePath(path)} ${problem} in the archive${way}`);
  };
  for (let steps = 0;; steps++) {
    const name = pending.pop();
    if (name === undefined) return { node: above.at(-1)!, path: joined(above) };
    if (steps > MAX_COMPONENTS) fail("has too many components");
    const here = above.at(-1)!;
    if (here.entry.kind !== "directory") fail("leads through something that is no directory");
    if (isDots(name, 1) || name.length === 0) continue;
    if (isDots(name, 2)) {
      if (above.length > 1) above.pop();
      continue;
    }
    const next = await (await tree.directory(here)).lookup(name);
    if (next === undefined) return fail("does not exist");
    if (next.entry.kind !== "symlink" || pending.length === 0 && !followsLast) {
      above.push(next);
      continue;
    }
    if (++links > MAX_LINKS) fail("has too many symbolic links");
    followed = next.entry.target!;
    if (followed[0] === SLASH) above.length = 1;
    pending.push(...componentsOf(followed).reverse());
  }
}

function joined([, ...nodes]: readonly PxarNode[]): Uint8Array {
  const slash = Uint8Array.of(SLASH);
  return concatBytes(nodes.flatMap(({ entry }, i) => i === 0 ? [entry.name] : [slash, entry.name]));
}

/** Names between slashes, in order; an empty one at the end for a slash there. */
function componentsOf(path: Uint8Array): Uint8Array[] {
  const components: Uint8Array[] = [];
  for (let start = 0; start <= path.length;) {
    const slash = path.indexOf(SLASH, start);
    const end = slash < 0 ? path.length : slash;
    // Where nothing stands before the last slash, the component before has to be a directory.
    if (end > start || end === path.length && components.length > 0) {
      components.push(path.subarray(start, end));
    }
    start = end + 1;
  }
  return components;
}

function isDots(name: Uint8Array, count: number): boolean {
  return name.length === count && name.every((byte) => byte === DOT);
}
