import { fromFileUrl } from "@std/path";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { type CryptConfig, sha256 } from "../../lib/crypto/mod.ts";
import {
  type BackupSnapshot,
  type Repository,
  splitArchiveNames,
} from "../../lib/repository/mod.ts";
import { latin1, type ReadEntry, readSequentially } from "./pxar_read.ts";
import { readStream } from "./read_stream.ts";
import { restoreStored } from "./restore_stored.ts";
import { runPeer } from "./run_peer.ts";

const listing = fromFileUrl(new URL("./listing.py", import.meta.url));

/** An archive of files in a repository. */
export interface StoredArchive {
  readonly repository: Repository;
  readonly snapshot: BackupSnapshot;
  /** `tree.pxar`, split or not. */
  readonly name: string;
  readonly isSplit: boolean;
  readonly crypt?: CryptConfig;
}

/** A way to get at everything that an archive holds. */
export interface ArchiveReader {
  readonly name: string;
  /** Whether it makes sense for such an archive. */
  readonly takes: (archive: StoredArchive) => boolean;
  /**
   * Reads it.
   *
   * @param folder Of this reader alone; it stays for the next snapshot of the same group.
   * @returns Lines of a listing, as {@linkcode listFolder} makes them, of the parts that this reader
   *   can tell; to be compared with {@linkcode ArchiveReader.expect} of the source's listing.
   */
  readonly read: (archive: StoredArchive, folder: string) => Promise<readonly string[]>;
  /** Of the lines of the source those parts that this reader can tell; all by default. */
  readonly expect?: (lines: readonly string[]) => readonly string[];
}

/**
 * Everything that a restore must bring back, one line of JSON an entry, taken by a program that shares
 * nothing with this one. Flags that the file system sets, or that are not restored, are left out.
 */
export async function listFolder(folder: string): Promise<string[]> {
  const text = await runPeer("python3", [listing, folder]);
  return text.trimEnd().split("\n").map((line) =>
    line.replace(/"fsflags": (\d+)/, (_, flags) => `"fsflags": ${Number(flags) & ~(64 | 4096)}`)
  );
}

/** All of them. */
export const ARCHIVE_READERS: readonly ArchiveReader[] = [
  {
    name: "restore",
    takes: () => true,
    read: async (archive, folder) => {
      await runPeer("rm", ["-rf", folder]);
      await restore(archive, folder, {});
      return await listFolder(folder);
    },
  },
  {
    name: "restore in place",
    takes: () => true,
    read: async (archive, folder) => {
      const inPlace = { deleteExtras: true, dryRun: false, verifyContents: false };
      await restore(archive, folder, { inPlace });
      const changes: string[] = [];
      const treeChange = ({ path }: { readonly path: Uint8Array }) =>
        void changes.push(latin1(path));
      await restore(archive, folder, { inPlace, treeChange });
      if (changes.length > 0) throw new Error(`changed again: ${changes.join(" ")}`);
      return await listFolder(folder);
    },
  },
  {
    name: "sequential decoder",
    takes: ({ isSplit }) => isSplit,
    read: async (archive) => {
      const { metadata, payload } = splitArchiveNames(`${archive.name}.didx`)!;
      await using source = await archive.repository.openSnapshot("", archive.snapshot);
      return linesOf(
        await readSequentially({
          archive: await readStream(source, metadata, archive.crypt),
          payload: await readStream(source, payload, archive.crypt),
        }),
      );
    },
    expect: (lines) => lines.map(withoutSystemAttributes),
  },
];

/** Restores an archive in this process. */
async function restore(
  { repository, snapshot, name, crypt }: StoredArchive,
  folder: string,
  options: Parameters<typeof restoreStored>[3],
): Promise<void> {
  const key = crypt === undefined ? {} : { crypt };
  const { error } = await restoreStored(
    repository,
    name,
    folder,
    { ...key, ...options },
    snapshot,
  );
  if (error !== undefined) throw error;
}

/** A line without what an archive keeps in forms of its own: flags, ACLs and capabilities. */
function withoutSystemAttributes(line: string): string {
  const { fsflags: _, xattrs, ...entry } = JSON.parse(line);
  const own = Object.entries(xattrs ?? {}).filter(([name]) => name.startsWith("user."));
  return canonical(own.length === 0 ? entry : { ...entry, xattrs: Object.fromEntries(own) });
}

/** The same lines of decoded entries. */
function linesOf(entries: readonly ReadEntry[]): string[] {
  const byPath = new Map(entries.map((read) => [read.path.slice(1), read]));
  // A hard link is another name of the entry that it leads to.
  const first = ({ path, entry }: ReadEntry) =>
    entry.kind === "hardlink" ? latin1(entry.target!) : path.slice(1);
  const linked = new Set(
    entries.filter(({ entry }) => entry.kind === "hardlink").map(first),
  );
  return entries.map((read) => {
    const path = first(read);
    const { entry, content } = byPath.get(path)!;
    const { metadata } = entry;
    const own = metadata!.xattrs?.map(({ name, value }) => [latin1(name), encodeHex(value)]) ?? [];
    return canonical({
      path: read.path.slice(1) || ".",
      mode: `0o${metadata!.mode.toString(8)}`,
      uid: metadata!.uid,
      gid: metadata!.gid,
      mtime_ns: metadata!.mtimeSecs * 1e9 + metadata!.mtimeNanos,
      ...entry.kind === "file" && { size: content!.length, sha256: encodeHex(sha256(content!)) },
      ...linked.has(path) && { hardlink_group: path },
      ...entry.kind === "symlink" && { target: latin1(entry.target!) },
      ...entry.kind === "device" && { rdev: [entry.major, entry.minor] },
      ...own.length > 0 && { xattrs: Object.fromEntries(own) },
    });
  });
}

/** JSON with keys in order, as listings have it. Times lose what does not fit into a number. */
function canonical(value: Record<string, unknown>): string {
  return JSON.stringify(value, Object.keys(value).concat(xattrNames(value)).sort());
}

function xattrNames({ xattrs }: Record<string, unknown>): string[] {
  return xattrs === undefined ? [] : Object.keys(xattrs as Record<string, unknown>);
}
