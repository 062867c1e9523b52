import { concatBytes } from "../../lib/bytes/mod.ts";
import {
  type ChunkSource,
  decodeArchive,
  PxarAccessor,
  type PxarDecoderOptions,
  type PxarDirectory,
  type PxarEntry,
  type RandomAccess,
} from "../../lib/pxar/mod.ts";
import type { EncodedArchive } from "./pxar_vectors.ts";

/** An entry with its path below the root and, for files, its content. */
export interface ReadEntry {
  readonly path: string;
  readonly entry: PxarEntry;
  readonly content: Uint8Array | undefined;
}

/** Random access to bytes in memory; refuses what a caller must not ask for. */
export function memoryAccess(bytes: Uint8Array): RandomAccess {
  return {
    size: bytes.byteLength,
    read(offset, length) {
      if (!(offset >= 0 && length >= 0 && offset + length <= bytes.byteLength)) {
        throw new Error(`read of ${length} bytes at ${offset} outside of ${bytes.byteLength}`);
      }
      return Promise.resolve(bytes.subarray(offset, offset + length));
    },
  };
}

/**
 * Hands bytes out in pieces that are overwritten when the next one is asked for, as native memory is.
 *
 * @param pieceSize Tells how long the next piece is, at least 1.
 */
export function piecewise(bytes: Uint8Array, pieceSize: () => number): ChunkSource {
  let offset = 0;
  let last = new Uint8Array();
  return {
    next() {
      last.fill(0xdd);
      if (offset === bytes.byteLength) return Promise.resolve(undefined);
      last = bytes.slice(offset, offset + pieceSize());
      offset += last.byteLength;
      return Promise.resolve(last);
    },
  };
}

/** Decodes an archive front to back, with all contents. */
export async function readSequentially(
  { archive, payload }: EncodedArchive,
  pieceSize: () => number = () => 1 << 20,
  options: PxarDecoderOptions = {},
): Promise<ReadEntry[]> {
  const entries: { path: string; entry: PxarEntry; content: Uint8Array | undefined }[] = [];
  const parts: Uint8Array[][] = [];
  const names: string[] = [];
  await decodeArchive(
    piecewise(archive, pieceSize),
    payload && piecewise(payload, pieceSize),
    {
      entry(entry) {
        const path = entry.depth === 0 ? "" : `${names.join("/")}/${latin1(entry.name)}`;
        entries.push({ path, entry, content: undefined });
        parts.push([]);
        if (entry.kind === "directory") names.push(latin1(entry.name));
        return true;
      },
      data(bytes) {
        parts.at(-1)!.push(bytes.slice());
      },
      leave() {
        names.pop();
      },
    },
    options,
  );
  return entries.map((entry, i) => ({
    ...entry,
    content: entry.entry.kind === "file" ? concatBytes(parts[i]!) : undefined,
  }));
}

/** Reads an archive through its tables: lists, looks every name up again, follows hard links. */
export async function readRandomly({ archive, payload }: EncodedArchive): Promise<ReadEntry[]> {
  const accessor = await PxarAccessor.open(memoryAccess(archive), payload && memoryAccess(payload));
  const entries: ReadEntry[] = [];
  const visit = async (directory: PxarDirectory, path: string) => {
    entries.push({ path, entry: directory.node.entry, content: undefined });
    for await (const node of directory.entries()) {
      const { entry } = node;
      const childPath = `${path}/${latin1(entry.name)}`;
      await directory.lookup(entry.name);
      if (entry.kind === "directory") {
        await visit(await accessor.directory(node), childPath);
        continue;
      }
      const { entry: target } = await accessor.resolve(node);
      let content: Uint8Array | undefined;
      if (target.kind === "file") {
        const { access, offset, size } = await accessor.content(target);
        content = await access.read(offset, size);
      }
      entries.push({
        path: childPath,
        entry,
        content: entry.kind === "file" ? content : undefined,
      });
    }
  };
  await visit(accessor.root, "");
  return entries;
}

/** Bytes as one character each. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
