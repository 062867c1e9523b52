import type { ByteSink } from "../../lib/chunking/mod.ts";
import { type ArchiveVisitor, PxarEncoder, type PxarEntry } from "../../lib/pxar/mod.ts";

/** A visitor that writes what it is shown into a new archive. */
export class Reencoder implements ArchiveVisitor {
  readonly #encoder: PxarEncoder;
  /** New position of each file by its old one, for hard links. */
  readonly #positions = new Map<number, number>();
  #depth = 0;

  /** @param payload Makes the new archive a split archive. */
  constructor(sink: ByteSink, readonly payload?: ByteSink) {
    this.#encoder = new PxarEncoder(sink, payload);
  }

  entry(entry: PxarEntry, { prelude }: { readonly prelude: Uint8Array | undefined }): boolean {
    if (entry.depth === 0) {
      this.#encoder.startArchive(entry.metadata!, this.payload && prelude);
      this.#depth = 1;
      return false;
    }
    this.#positions.set(entry.position, this.#add(entry));
    return true;
  }

  data(bytes: Uint8Array): void {
    this.#encoder.writeContent(bytes);
  }

  leave(): void {
    if (--this.#depth === 0) this.#encoder.finish();
    else this.#encoder.leaveDirectory();
  }

  #add(entry: PxarEntry): number {
    const encoder = this.#encoder;
    const { name, metadata, target } = entry;
    switch (entry.kind) {
      case "file":
        return encoder.beginFile(name, metadata!, entry.size);
      case "directory":
        this.#depth++;
        return encoder.enterDirectory(name, metadata!);
      case "symlink":
        return encoder.addSymlink(name, metadata!, target!);
      case "hardlink":
        return encoder.addHardlink(name, target!, this.#positions.get(entry.targetPosition)!);
      case "device":
        return encoder.addDevice(name, metadata!, entry.major, entry.minor);
      case "fifo":
        return encoder.addFifo(name, metadata!);
      case "socket":
        return encoder.addSocket(name, metadata!);
    }
  }
}
