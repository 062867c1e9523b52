import { entryToJson } from "./entry_to_json.ts";
import { pathToJson } from "./path_to_json.ts";
import type { ListedEntry } from "./entry_lines.ts";

/** A listed entry as JSON, by its path from the root of the archive. */
export function listedEntryToJson({ name, entry, link }: ListedEntry): Record<string, unknown> {
  const { metadata } = entry;
  return {
    ...pathToJson("path", name),
    ...entryToJson(entry),
    ...(link === undefined ? {} : { type: "hardlink", ...pathToJson("target", link) }),
    acl: metadata?.acl === undefined ? undefined : true,
    xattrs: metadata?.xattrs?.map(({ name }) => new TextDecoder().decode(name)),
  };
}
