import type { NodeAttributes } from "../fuse/mod.ts";
import type { PxarEntry } from "../pxar/mod.ts";

/** Attributes of an entry (spec: client-pipeline.md §6.2); how many links a file has is not stored. */
export function attributesOf(entry: PxarEntry): NodeAttributes {
  const { kind, metadata, target, major, minor } = entry;
  const { mode, uid, gid, mtimeSecs, mtimeNanos } = metadata!;
  const size = kind === "symlink" ? target!.byteLength : entry.size;
  const links = kind === "directory" ? 2 : 1;
  return { mode, links, uid, gid, size, mtimeSecs, mtimeNanos, major, minor };
}
