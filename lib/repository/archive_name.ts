import { UsageError } from "../errors/mod.ts";

/** Kind of a file of a snapshot: an index of either kind, or a blob. */
export type ArchiveKind = "dynamic" | "fixed" | "blob";

/** An archive's name on both sides (spec: datastore-formats.md §4.10). */
export interface ArchiveName {
  /** The name that users write: `root.pxar`. */
  readonly clientName: string;
  /** The name of the stored file: `root.pxar.didx`. */
  readonly serverName: string;
  readonly kind: ArchiveKind;
}

const KINDS: Readonly<Record<string, ArchiveKind>> = {
  didx: "dynamic",
  fidx: "fixed",
  blob: "blob",
};

const SUFFIXES: ReadonlyMap<string, string> = new Map([
  ["pxar", "didx"],
  ["mpxar", "didx"],
  ["ppxar", "didx"],
  ["pcat1", "didx"],
  ["img", "fidx"],
  ["conf", "blob"],
  ["json", "blob"],
  ["key", "blob"],
  ["log", "blob"],
]);

/**
 * Reads an archive name in its client or server form.
 *
 * @throws {UsageError} if its type cannot be told from it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(parseArchiveName("root.pxar").serverName, "root.pxar.didx");
 * assertEquals(parseArchiveName("disk.img.fidx").clientName, "disk.img");
 * ```
 */
export function parseArchiveName(name: string): ArchiveName {
  const kind = archiveKind(name);
  if (kind !== undefined) {
    return { clientName: name.slice(0, name.lastIndexOf(".")), serverName: name, kind };
  }
  const suffix = SUFFIXES.get(lastExtension(name));
  if (suffix === undefined) {
    throw new UsageError(`cannot tell the type of archive "${name}" from its name`);
  }
  return { clientName: name, serverName: `${name}.${suffix}`, kind: KINDS[suffix]! };
}

/** The kind of a server-side name; undefined if it has none of the three suffixes. */
export function archiveKind(serverName: string): ArchiveKind | undefined {
  const extension = lastExtension(serverName);
  return Object.hasOwn(KINDS, extension) ? KINDS[extension] : undefined;
}

/** The server-side names of a split archive's two halves, from that of either half or the whole. */
export interface SplitArchiveNames {
  readonly metadata: string;
  readonly payload: string;
}

/**
 * The halves that belong to a file archive; undefined if the name is not one of a file archive.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(splitArchiveNames("root.pxar.didx")?.payload, "root.ppxar.didx");
 * assertEquals(splitArchiveNames("disk.img.fidx"), undefined);
 * ```
 */
export function splitArchiveNames(serverName: string): SplitArchiveNames | undefined {
  const match = /^(.*)\.[mp]?pxar\.didx$/s.exec(serverName);
  if (match === null) return undefined;
  return { metadata: `${match[1]}.mpxar.didx`, payload: `${match[1]}.ppxar.didx` };
}

function lastExtension(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot < 0 ? "" : name.slice(dot + 1);
}
