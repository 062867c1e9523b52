import type { PaxRecord } from "./tar_header.ts";

/** A part of a file or stream, from `start` up to and without `end`; bytes. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** A file with holes, as it is in a tar file. */
export interface SparseContent {
  /** Says that the content is a map and then what is not a hole. */
  readonly records: readonly PaxRecord[];
  /** The name for programs that do not know this form. */
  readonly path: Uint8Array;
  /** Comes first in the content. */
  readonly map: Uint8Array;
  /** Bytes of the content, the map included. */
  readonly size: number;
  /** Holes left out of the content: whole blocks, as readers expect. */
  readonly holes: readonly Stretch[];
}

const BLOCK_BYTES = 512;
const SLASH = 0x2f;
const encoder = new TextEncoder();

/**
 * A file with holes in the form that GNU tar calls 1.0, which bsdtar and Python read as well.
 *
 * @param path Of the file in the tar file.
 * @param sizeBytes Of the file, holes included.
 * @param zeros In order, of several blocks each, not touching each other.
 */
export function sparseContent(
  path: Uint8Array,
  sizeBytes: number,
  zeros: readonly Stretch[],
): SparseContent {
  const holes = zeros.map(({ start, end }) => ({
    start: Math.ceil(start / BLOCK_BYTES) * BLOCK_BYTES,
    end: end === sizeBytes ? end : Math.floor(end / BLOCK_BYTES) * BLOCK_BYTES,
  }));
  const numbers: number[] = [];
  let dataBytes = 0;
  let at = 0;
  const addData = (end: number) => {
    if (end > at) numbers.push(at, end - at);
    dataBytes += end - at;
  };
  for (const { start, end } of holes) {
    addData(start);
    at = end;
  }
  // A hole at the end needs an empty part after it.
  if (at === sizeBytes) numbers.push(at, 0);
  else addData(sizeBytes);
  const text = [numbers.length / 2, ...numbers].map((number) => `${number}\n`).join("");
  const map = new Uint8Array(Math.ceil(text.length / BLOCK_BYTES) * BLOCK_BYTES);
  encoder.encodeInto(text, map);
  return {
    records: [
      { key: "GNU.sparse.major", value: "1" },
      { key: "GNU.sparse.minor", value: "0" },
      { key: "GNU.sparse.name", value: path },
      { key: "GNU.sparse.realsize", value: `${sizeBytes}` },
    ],
    path: placeholderPath(path),
    map,
    size: map.length + dataBytes,
    holes,
  };
}

/** The file's name in a folder of its own. */
function placeholderPath(path: Uint8Array): Uint8Array {
  const name = path.lastIndexOf(SLASH) + 1;
  const folder = encoder.encode("GNUSparseFile.0/");
  const result = new Uint8Array(path.length + folder.length);
  result.set(path.subarray(0, name));
  result.set(folder, name);
  result.set(path.subarray(name), name + folder.length);
  return result;
}
