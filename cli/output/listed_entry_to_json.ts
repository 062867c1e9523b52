import { pathToJson } from "./path_to_json.ts";
import { bytesToJson } from "./bytes_to_json.ts";
import type { ListedEntry } from "./entry_lines.ts";

/** A listed entry as JSON, by its path from the root of the archive. */
export function listedEntryToJson({ name, entry, link }: ListedEntry): Record<string, unknown> {
  const { kind, size, target, metadata, major, minor } = entry;
  return {
    ...pathToJson("path", name),
    type: link === undefined ? kind : "hardlink",
    size: kind === "file" ? size : undefined,
    ...(target === undefined ? {} : bytesToJson("target", target)),
    ...(link === undefined ? {} : pathToJson("target", link)),
    ...(kind === "device" ? { major, minor } : {}),
    mode: metadata?.mode,
    uid: metadata?.uid,
    gid: metadata?.gid,
    mtime: metadata?.mtimeSecs,
    "mtime-nsec": metadata?.mtimeNanos,
    acl: metadata?.acl === undefined ? undefined : true,
    xattrs: metadata?.xattrs?.map(({ name }) => new TextDecoder().decode(name)),
  };
}
