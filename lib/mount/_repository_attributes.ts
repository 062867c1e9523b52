import type { NodeAttributes } from "../fuse/mod.ts";
import type { RepositoryNode } from "./_repository_node.ts";

/** Whose something is. */
export interface NodeOwner {
  readonly uid: number;
  readonly gid: number;
}

const FOLDER = 0o040555;
const FILE = 0o100444;
const LINK = 0o120777;

/** Attributes of what is not in a file archive; a size that is not known is 0. */
export function nodeAttributes(node: RepositoryNode, { uid, gid }: NodeOwner): NodeAttributes {
  const { is, time } = node;
  const base = { links: 1, uid, gid, mtimeSecs: time, mtimeNanos: 0 };
  if (is.kind === "file") return { ...base, mode: FILE, size: is.size ?? 0 };
  if (is.kind === "latest") return { ...base, mode: LINK, size: is.target.length };
  return { ...base, mode: FOLDER, links: 2, size: 0 };
}
