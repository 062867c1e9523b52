import { Buffer } from "node:buffer";
import { ByteWriter } from "../bytes/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { MAX_SEGMENT_ENTRIES, type NameBlock, type NumbersBefore } from "./_name_block.ts";

/** A segment ends after a name whose hash has these bits unset: one of sixteen. */
const CUT_MASK = 15;
/** Entries of one archive that are kept. */
const MAX_ENTRIES = 5_000_000;
const MAX_NAME_BYTES = 0xffff;
/** Bytes of an entry beside its name, in a key. */
const HEAD_BYTES = 24;

/** An entry of a directory. */
export interface NameEntry {
  /** Letter as in a catalog. */
  readonly type: string;
  readonly name: Uint8Array;
  readonly size: number;
  readonly mtimeSecs: number;
}

interface Level {
  readonly name: Uint8Array;
  readonly entries: NameEntry[];
  readonly children: number[];
}

/**
 * Collects the names of archives into blocks. What an earlier archive has as well is only referred to:
 * runs of entries, cut where a name's hash says so, which make segments, and directories of the same
 * segments. So a change costs its segment and the directories above it.
 */
export class NameTreeBuilder {
  /** Segments and listings by what is in them. */
  readonly #segmentNumbers = new Map<string, number>();
  readonly #listingNumbers = new Map<string, number>();
  readonly #keys = new KeyWriter();
  #entries = 0;
  #before: NumbersBefore = { segments: 0, listings: 0 };
  #fresh = new FreshColumns();
  #levels: Level[] = [];

  /** Segments and listings so far. */
  get before(): NumbersBefore {
    return this.#before;
  }

  /** Takes over what a block has. */
  load(block: NameBlock): void {
    let [reference, segment, entry, nameAt] = [0, 0, 0, 0];
    let { segments, listings } = this.#before;
    for (const count of block.listings) {
      const numbers = block.references.subarray(reference, reference += count);
      for (const number of numbers) {
        if (number < segments) continue;
        const writer = this.#keys;
        for (const end = entry + block.segments[segment++]!; entry < end; entry++) {
          const name = block.names.subarray(nameAt, nameAt += block.nameLengths[entry]!);
          writer.add(
            {
              type: String.fromCharCode(block.types[entry]!),
              name,
              size: block.sizes[entry]!,
              mtimeSecs: block.times[entry]!,
            },
            block.children[entry]!,
          );
        }
        this.#segmentNumbers.set(writer.key(), segments++);
      }
      this.#listingNumbers.set(numbers.join(), listings++);
    }
    this.#before = { segments, listings };
  }

  /** Begins an archive. */
  begin(): void {
    this.#fresh = new FreshColumns();
    this.#entries = 0;
    this.#levels = [{ name: new Uint8Array(), entries: [], children: [] }];
  }

  /** Directories that are open, the root included. */
  get depth(): number {
    return this.#levels.length;
  }

  /** Adds an entry that is no directory. */
  add(entry: NameEntry): void {
    this.#push(entry, 0);
  }

  /** Begins a directory. */
  enter(name: Uint8Array): void {
    this.#levels.push({ name, entries: [], children: [] });
  }

  /** Ends the directory that was entered last. */
  leave(): void {
    const level = this.#levels.pop()!;
    const listing = this.#close(level);
    this.#push({ type: "d", name: level.name, size: 0, mtimeSecs: 0 }, listing + 1);
  }

  /**
   * Ends the archive, or gives it up: what it has had so far stays for others.
   *
   * @returns Number of its root's listing, and what is new.
   */
  finish(): { readonly root: number; readonly block: NameBlock } {
    this.#entries = 0;
    while (this.#levels.length > 1) this.leave();
    const root = this.#close(this.#levels.pop()!);
    return { root, block: this.#fresh.toBlock() };
  }

  #push(entry: NameEntry, child: number): void {
    if (entry.name.length > MAX_NAME_BYTES) throw new CorruptDataError("a name is too long");
    if (++this.#entries > MAX_ENTRIES) {
      throw new CorruptDataError(`more than ${MAX_ENTRIES} entries are too many to be searched`);
    }
    const { entries, children } = this.#levels.at(-1)!;
    entries.push(entry);
    children.push(child);
  }

  #close({ entries, children }: Level): number {
    const numbers: number[] = [];
    for (let start = 0; start < entries.length;) {
      const end = segmentEnd(entries, start);
      numbers.push(this.#segment(entries, children, start, end));
      start = end;
    }
    const key = numbers.join();
    const known = this.#listingNumbers.get(key);
    if (known !== undefined) return known;
    const { listings, segments } = this.#before;
    this.#listingNumbers.set(key, listings);
    this.#before = { listings: listings + 1, segments };
    this.#fresh.addListing(numbers);
    return listings;
  }

  #segment(
    entries: readonly NameEntry[],
    children: readonly number[],
    start: number,
    end: number,
  ): number {
    const writer = this.#keys;
    for (let i = start; i < end; i++) writer.add(entries[i]!, children[i]!);
    const key = writer.key();
    const known = this.#segmentNumbers.get(key);
    if (known !== undefined) return known;
    const { listings, segments } = this.#before;
    this.#segmentNumbers.set(key, segments);
    this.#before = { listings, segments: segments + 1 };
    this.#fresh.addSegment(entries, children, start, end);
    return segments;
  }
}

function segmentEnd(entries: readonly NameEntry[], start: number): number {
  const last = Math.min(start + MAX_SEGMENT_ENTRIES, entries.length);
  for (let i = start; i < last; i++) if ((hash(entries[i]!.name) & CUT_MASK) === 0) return i + 1;
  return last;
}

/** FNV-1a: where segments end is no secret, and bad ends make nothing wrong. */
function hash(name: Uint8Array): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) value = Math.imul(value ^ name[i]!, 0x01000193);
  return value ^ value >>> 15;
}

/** Makes one key of the entries of a segment; used for one after the other. */
class KeyWriter {
  #bytes = new Uint8Array(16 * 1024);
  #view = new DataView(this.#bytes.buffer);
  #used = 0;

  add({ type, name, size, mtimeSecs }: NameEntry, child: number): void {
    const end = this.#used + HEAD_BYTES + name.length;
    if (end > this.#bytes.length) this.#grow(end);
    const [view, at] = [this.#view, this.#used];
    view.setFloat64(at, size, true);
    view.setFloat64(at + 8, mtimeSecs, true);
    view.setUint32(at + 16, child, true);
    view.setUint16(at + 20, name.length, true);
    view.setUint16(at + 22, type.charCodeAt(0), true);
    this.#bytes.set(name, at + HEAD_BYTES);
    this.#used = end;
  }

  /** Half a SHA-256: nobody finds two segments of the same key. Begins the next one. */
  key(): string {
    const digest = sha256(this.#bytes.subarray(0, this.#used));
    this.#used = 0;
    return Buffer.from(digest.buffer, digest.byteOffset, 16).toString("latin1");
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(2 * needed);
    bytes.set(this.#bytes.subarray(0, this.#used));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}

/** Columns of what is new, while they grow. */
class FreshColumns {
  readonly #listings: number[] = [];
  readonly #references: number[] = [];
  readonly #segments: number[] = [];
  readonly #types: number[] = [];
  readonly #sizes: number[] = [];
  readonly #times: number[] = [];
  readonly #children: number[] = [];
  readonly #nameLengths: number[] = [];
  readonly #names = new ByteWriter();

  addListing(segments: readonly number[]): void {
    this.#listings.push(segments.length);
    for (const segment of segments) this.#references.push(segment);
  }

  addSegment(
    entries: readonly NameEntry[],
    children: readonly number[],
    start: number,
    end: number,
  ): void {
    this.#segments.push(end - start);
    for (let i = start; i < end; i++) {
      const { type, name, size, mtimeSecs } = entries[i]!;
      this.#types.push(type.charCodeAt(0));
      this.#sizes.push(size);
      this.#times.push(mtimeSecs);
      this.#children.push(children[i]!);
      this.#nameLengths.push(name.length);
      this.#names.bytes(name);
    }
  }

  toBlock(): NameBlock {
    return {
      listings: Uint32Array.from(this.#listings),
      references: Uint32Array.from(this.#references),
      segments: Uint8Array.from(this.#segments),
      types: Uint8Array.from(this.#types),
      sizes: Float64Array.from(this.#sizes),
      times: Float64Array.from(this.#times),
      children: Uint32Array.from(this.#children),
      nameLengths: Uint16Array.from(this.#nameLengths),
      names: this.#names.finish(),
    };
  }
}
