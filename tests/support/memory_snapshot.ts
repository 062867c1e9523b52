import { encodeHex } from "../../lib/bytes/mod.ts";
import { NotFoundError } from "../../lib/errors/mod.ts";
import type { BackupSnapshot, SnapshotSource } from "../../lib/repository/mod.ts";

/** A snapshot in memory, in which a test can change single bytes. */
export class MemorySnapshot implements SnapshotSource {
  /** Files of the snapshot by name, and chunks by digest in hex. */
  readonly parts = new Map<string, Uint8Array>();

  constructor(readonly snapshot: BackupSnapshot) {}

  /** Takes over the named files of a snapshot; `chunks` are the digests that its indexes name. */
  static async copy(
    source: SnapshotSource,
    files: readonly string[],
    chunks: (file: string, bytes: Uint8Array) => Uint8Array[],
  ): Promise<MemorySnapshot> {
    const copy = new MemorySnapshot(source.snapshot);
    for (const name of files) {
      const bytes = await source.readFile(name);
      copy.parts.set(name, bytes);
      for (const digest of chunks(name, bytes)) {
        let blob = new Uint8Array();
        await source.readChunk(digest, (length) => blob = new Uint8Array(length));
        copy.parts.set(encodeHex(digest), blob);
      }
    }
    return copy;
  }

  /** A snapshot that differs in one part. */
  with(name: string, bytes: Uint8Array): MemorySnapshot {
    const changed = new MemorySnapshot(this.snapshot);
    for (const [key, value] of this.parts) changed.parts.set(key, value);
    changed.parts.set(name, bytes);
    return changed;
  }

  // deno-lint-ignore require-await
  async readFile(name: string): Promise<Uint8Array> {
    const bytes = this.parts.get(name);
    if (bytes === undefined) throw new NotFoundError(`no file "${name}"`);
    return bytes.slice();
  }

  // deno-lint-ignore require-await
  async readChunk(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void> {
    const blob = this.parts.get(encodeHex(digest));
    if (blob === undefined) throw new NotFoundError(`no chunk ${encodeHex(digest)}`);
    buffer(blob.byteLength).set(blob);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
