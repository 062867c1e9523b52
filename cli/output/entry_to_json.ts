import type { PxarEntry } from "../../lib/pxar/mod.ts";
import { bytesToJson } from "./bytes_to_json.ts";

/** An entry of an archive as JSON, without its name. */
export function entryToJson(entry: PxarEntry): Record<string, unknown> {
  const { kind, size, target, metadata, major, minor } = entry;
  return {
    type: kind,
    size: kind === "file" ? size : undefined,
    ...(target === undefined ? {} : bytesToJson("target", target)),
    ...(kind === "device" ? { major, minor } : {}),
    mode: metadata?.mode,
    uid: metadata?.uid,
    gid: metadata?.gid,
    mtime: metadata?.mtimeSecs,
    "mtime-nsec": metadata?.mtimeNanos,
  };
}
