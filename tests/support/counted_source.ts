import { encodeHex } from "../../lib/bytes/mod.ts";
import type { SnapshotSource } from "../../lib/repository/mod.ts";

/** What was read of chunks. */
export interface ChunkCounts {
  /** By digest: how often. */
  readonly times: Map<string, number>;
  /** Bytes of blobs. */
  bytes: number;
}

/** A source that counts the chunks that are read from another one, which stays the caller's. */
export function countedSource(
  source: SnapshotSource,
): { readonly source: SnapshotSource; readonly counts: ChunkCounts } {
  const counts: ChunkCounts = { times: new Map(), bytes: 0 };
  const counted = new Proxy(source, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name !== "readChunk") return value.bind(target);
      return (digest: Uint8Array, buffer: (length: number) => Uint8Array) => {
        const hex = encodeHex(digest);
        counts.times.set(hex, (counts.times.get(hex) ?? 0) + 1);
        return target.readChunk(digest, (length) => {
          counts.bytes += length;
          return buffer(length);
        });
      };
    },
  });
  return { source: counted, counts };
}
