import { S_IFDIR } from "./file_type.ts";
import type { PxarEntry } from "./pxar_entry.ts";

/**
 * The entry of a directory of which only the end is left: without a name, and for its owner alone.
 *
 * @param position Of its FILENAME item, for the root of its ENTRY item.
 */
export function lostDirectory(position: number, depth: number): PxarEntry {
  return {
    kind: "directory",
    name: new Uint8Array(0),
    depth,
    position,
    metadata: {
      mode: S_IFDIR | 0o700,
      uid: Deno.uid() ?? 0,
      gid: Deno.gid() ?? 0,
      mtimeSecs: Math.floor(Date.now() / 1000),
      mtimeNanos: 0,
      flags: 0,
    },
    damage: undefined,
    size: 0,
    contentPosition: -1,
    payloadOffset: -1,
    target: undefined,
    targetPosition: -1,
    major: 0,
    minor: 0,
  };
}
