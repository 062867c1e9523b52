import type { BackupSnapshot, Elsewhere, Repository, SnapshotSource } from "../repository/mod.ts";
import type { OtherPlaces } from "./other_places.ts";

/**
 * A repository whose snapshots are read with the help of others: what is missing or damaged in it is taken
 * from them, after it was checked.
 *
 * @param others Stays the caller's.
 * @param close Called in place of closing the repository.
 */
export function withOthers<R extends Repository>(
  repository: R,
  others: OtherPlaces,
  close: () => Promise<void>,
): R {
  const open = async (namespace: string, snapshot: BackupSnapshot) =>
    new HelpedSource(
      await repository.openSnapshot(namespace, snapshot),
      others.of({ namespace, snapshot }),
    );
  return new Proxy(repository, {
    get(target, key) {
      if (key === "openSnapshot") return open;
      if (key === Symbol.asyncDispose) return close;
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** A snapshot that knows where else to ask. */
class HelpedSource implements SnapshotSource {
  constructor(private readonly source: SnapshotSource, readonly elsewhere: Elsewhere) {}

  get snapshot(): BackupSnapshot {
    return this.source.snapshot;
  }

  async readFile(name: string): Promise<Uint8Array> {
    return await this.source.readFile(name);
  }

  async readChunk(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void> {
    await this.source.readChunk(digest, buffer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source[Symbol.asyncDispose]();
  }
}
