import { Buffer } from "node:buffer";
import { createZstdCompress } from "node:zlib";
import { Readable } from "node:stream";
import { S_IFCHR, S_IFMT } from "../../pxar/mod.ts";
import type { PxarAccessor, PxarEntry, PxarNode } from "../../pxar/mod.ts";
import { readContent, walkArchive } from "./archive_walk.ts";
import { childPath } from "./browse_path.ts";
import { tarEnd, type TarEntry, tarHeader, tarPadding } from "../../tar/mod.ts";

const SLASH = 0x2f;
/** Files outside of the folder whose further names are links; beyond that they are copies. */
const MAX_OUTSIDE = 100_000;

/**
 * A folder of an archive as tar, compressed with zstd: everything but sockets, which tar does not
 * know, extended attributes and ACLs.
 *
 * @param name Of the folder in the tar file.
 */
export async function* tarFolder(
  accessor: PxarAccessor,
  folder: PxarNode,
  name: Uint8Array,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(tarParts(accessor, folder, name), { objectMode: true });
  const compressor = createZstdCompress();
  // Errors of the source also end the compressor's stream, and so the answer.
  source.on("error", (error: Error) => compressor.destroy(error));
  source.pipe(compressor);
  try {
    for await (const part of compressor as AsyncIterable<Uint8Array>) yield new Uint8Array(part);
  } finally {
    source.destroy();
    compressor.destroy();
  }
}

async function* tarParts(
  accessor: PxarAccessor,
  folder: PxarNode,
  name: Uint8Array,
): AsyncGenerator<Buffer> {
  // First names of files that are outside of the folder: they are files of their own here.
  const outside = new Map<number, Uint8Array>();
  for await (const { path, node } of walkArchive(accessor, folder, name)) {
    const { entry } = node;
    if (entry.kind === "socket") continue;
    let real = node;
    let linked: Uint8Array | undefined;
    if (entry.kind === "hardlink") {
      real = await accessor.resolve(node);
      linked = real.entry.position > folder.entry.position
        ? pathWithin(folder, name, entry.target!)
        : outside.get(real.entry.position);
      if (linked === undefined && outside.size < MAX_OUTSIDE) {
        outside.set(real.entry.position, path);
      }
    }
    const isFile = real.entry.kind === "file" && linked === undefined;
    yield Buffer.from(tarHeader(describe(real.entry, path, linked)));
    if (!isFile) continue;
    for await (const part of readContent(accessor, real)) yield Buffer.from(part);
    yield Buffer.from(tarPadding(real.entry.size));
  }
  yield Buffer.from(tarEnd());
}

/**
 * The name in the tar file of what a hard link leads to.
 *
 * @param target Path from the top of the archive, below `folder`.
 */
function pathWithin(folder: PxarNode, name: Uint8Array, target: Uint8Array): Uint8Array {
  let start = 0;
  for (let depth = folder.entry.depth; depth > 0; depth--) start = target.indexOf(SLASH, start) + 1;
  return childPath(name, target.subarray(start));
}

function describe(entry: PxarEntry, path: Uint8Array, linked: Uint8Array | undefined): TarEntry {
  const { metadata, kind, size, major, minor, target } = entry;
  const mode = metadata?.mode ?? 0;
  const common = {
    path,
    mode: mode & 0o7777,
    uid: metadata?.uid ?? 0,
    gid: metadata?.gid ?? 0,
    size: 0,
    mtimeSecs: metadata?.mtimeSecs ?? 0,
  };
  if (linked !== undefined) return { ...common, type: "1", target: linked };
  switch (kind) {
    case "directory":
      return { ...common, type: "5" };
    case "symlink":
      return { ...common, type: "2", target: target ?? new Uint8Array(0) };
    case "device":
      return { ...common, type: (mode & S_IFMT) === S_IFCHR ? "3" : "4", major, minor };
    case "fifo":
      return { ...common, type: "6" };
    default:
      return { ...common, type: "0", size };
  }
}
