import { concatBytes } from "../../lib/bytes/mod.ts";
import * as format from "../../lib/pxar/format.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Builds the bytes of a version 1 archive item by item and checks nothing, as an attacker would. */
export class RawArchive {
  readonly #parts: Uint8Array[] = [];
  #position = 0;

  /** Begins with the root directory. */
  constructor() {
    this.#stat(0o40755);
  }

  /** Bytes so far. */
  get position(): number {
    return this.#position;
  }

  /** An item of any type with any content; `size` may lie about its length. */
  item(row: number, content: Uint8Array, size = format.HEADER_SIZE + content.length): this {
    const header = new DataView(new ArrayBuffer(format.HEADER_SIZE));
    header.setBigUint64(0, format.ITEM_TYPES[row]![1], true);
    header.setBigUint64(8, BigInt(size), true);
    this.#parts.push(new Uint8Array(header.buffer), content);
    this.#position += format.HEADER_SIZE + content.length;
    return this;
  }

  file(name: string, content: string, mode = 0o100666): this {
    return this.#entry(name, mode).item(format.PAYLOAD, bytes(content));
  }

  symlink(name: string, target: string): this {
    return this.#entry(name, 0o120777).item(format.SYMLINK, bytes(`${target}\0`));
  }

  /** A hard link whose distance leads to the root, whatever the target says. */
  hardlink(name: string, target: string): this {
    const position = this.#position;
    this.item(format.FILENAME, bytes(`${name}\0`));
    return this.item(format.HARDLINK, concatBytes([u64(position), bytes(`${target}\0`)]));
  }

  device(name: string, mode: number, major: number, minor: number): this {
    return this.#entry(name, mode).item(format.DEVICE, concatBytes([u64(major), u64(minor)]));
  }

  /** A fifo or socket. */
  node(name: string, mode: number): this {
    return this.#entry(name, mode);
  }

  /** A directory with what `fill` puts into it. */
  directory(name: string, fill: (archive: this) => unknown = () => {}, mode = 0o40777): this {
    this.#entry(name, mode);
    fill(this);
    return this.#table();
  }

  /** The head of an entry without what ends it. */
  begin(name: string, kind: "file" | "directory"): this {
    return this.#entry(name, kind === "file" ? 0o100666 : 0o40777);
  }

  /** Ends a directory. */
  leave(): this {
    return this.#table();
  }

  /** What there is so far. */
  bytes(): Uint8Array {
    return concatBytes(this.#parts);
  }

  /** The archive, ended by the root's table. */
  end(): Uint8Array {
    this.#table();
    return concatBytes(this.#parts);
  }

  #entry(name: string, mode: number): this {
    this.item(format.FILENAME, bytes(`${name}\0`));
    return this.#stat(mode);
  }

  #stat(mode: number): this {
    // Owner and group 4242, a day in 2001.
    const stat = new DataView(new ArrayBuffer(format.STAT_SIZE));
    stat.setUint32(0, mode, true);
    stat.setUint32(16, 4242, true);
    stat.setUint32(20, 4242, true);
    stat.setUint32(24, 1_000_000_000, true);
    return this.item(format.ENTRY, new Uint8Array(stat.buffer));
  }

  /** A table of nothing but its tail: a sequential reader does not look at it. */
  #table(): this {
    return this.item(
      format.GOODBYE,
      concatBytes([u64(format.GOODBYE_TAIL_MARKER), u64(0), u64(format.MIN_GOODBYE_SIZE)]),
    );
  }
}

function u64(value: number | bigint): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(value), true);
  return new Uint8Array(view.buffer);
}
