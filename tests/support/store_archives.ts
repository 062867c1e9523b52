import { chunkDigest, encodeBlob } from "../../lib/blob/mod.ts";
import type { BackupSnapshot, NewChunk, Repository } from "../../lib/repository/mod.ts";
import { type summaryOf, uploadManifest, writeArchive } from "./target_conformance.ts";

/** The snapshot that {@linkcode storeArchives} writes unless told otherwise. */
export const STORED_SNAPSHOT: BackupSnapshot = { type: "host", id: "elsa", time: 1_700_000_000 };

/** A stream to store as it is. */
export interface StoredStream {
  readonly bytes: Uint8Array;
  /** Where chunks end, ascending, without the end of the stream; none for chunks of 4 MiB. */
  readonly cuts?: readonly number[];
}

/**
 * Writes a snapshot of dynamic archives from bytes at hand, however wrong they are: index, manifest
 * and chunks are right.
 *
 * @param streams By server name, e.g. `x.pxar.didx`.
 * @returns The digests of the chunks of each stream, in its order.
 */
export async function storeArchives(
  repository: Repository,
  streams: Readonly<Record<string, StoredStream>>,
  snapshot: BackupSnapshot = STORED_SNAPSHOT,
): Promise<Record<string, Uint8Array[]>> {
  await using target = await repository.beginBackup({ namespace: "", snapshot });
  const summaries: Record<string, ReturnType<typeof summaryOf>> = {};
  const digests: Record<string, Uint8Array[]> = {};
  for (const [name, { bytes, cuts }] of Object.entries(streams)) {
    const chunks = await Promise.all(pieces(bytes, cuts).map(toChunk));
    summaries[name] = await writeArchive(target, "dynamic", name, chunks);
    digests[name] = chunks.map(({ digest }) => digest);
  }
  await uploadManifest(target, summaries);
  await target.finish();
  return digests;
}

function pieces(bytes: Uint8Array, cuts: readonly number[] | undefined): Uint8Array[] {
  const step = 4 << 20;
  const ends = cuts ??
    Array.from({ length: Math.floor(bytes.length / step) }, (_, i) => (i + 1) * step);
  let start = 0;
  return [...ends, bytes.length].map((end) => bytes.subarray(start, start = end))
    .filter(({ length }) => length > 0);
}

async function toChunk(plain: Uint8Array): Promise<NewChunk> {
  return {
    digest: chunkDigest(plain),
    size: plain.length,
    blob: await encodeBlob(plain, { compress: true }),
  };
}
