import type { HeaderField } from "../http/mod.ts";

/** The static table (RFC 7541 appendix A); entry `i` has index `i + 1`. */
export const HPACK_STATIC_TABLE: readonly HeaderField[] = [
  [":authority", ""],
  [":method", "GET"],
  [":method", "POST"],
  [":path", "/"],
  [":path", "/index.html"],
  [":scheme", "http"],
  [":scheme", "https"],
  [":status", "200"],
  [":status", "204"],
  [":status", "206"],
  [":status", "304"],
  [":status", "400"],
  [":status", "404"],
  [":status", "500"],
  ["accept-charset", ""],
  ["accept-encoding", "gzip, deflate"],
  ["accept-language", ""],
  ["accept-ranges", ""],
  ["accept", ""],
  ["access-control-allow-origin", ""],
  ["age", ""],
  ["allow", ""],
  ["authorization", ""],
  ["cache-control", ""],
  ["content-disposition", ""],
  ["content-encoding", ""],
  ["content-language", ""],
  ["content-length", ""],
  ["content-location", ""],
  ["content-range", ""],
  ["content-type", ""],
  ["cookie", ""],
  ["date", ""],
  ["etag", ""],
  ["expect", ""],
  ["expires", ""],
  ["from", ""],
  ["host", ""],
  ["if-match", ""],
  ["if-modified-since", ""],
  ["if-none-match", ""],
  ["if-range", ""],
  ["if-unmodified-since", ""],
  ["last-modified", ""],
  ["link", ""],
  ["location", ""],
  ["max-forwards", ""],
  ["proxy-authenticate", ""],
  ["proxy-authorization", ""],
  ["range", ""],
  ["referer", ""],
  ["refresh", ""],
  ["retry-after", ""],
  ["server", ""],
  ["set-cookie", ""],
  ["strict-transport-security", ""],
  ["transfer-encoding", ""],
  ["user-agent", ""],
  ["vary", ""],
  ["via", ""],
  ["www-authenticate", ""],
];

/** Bytes that an entry counts beyond its name and value (RFC 7541 §4.1), in bytes. */
export const HPACK_ENTRY_OVERHEAD_BYTES = 32;

/** Size of the dynamic table until something else was agreed (RFC 9113 §6.5.2), in bytes. */
export const HPACK_DEFAULT_TABLE_BYTES = 4096;

/**
 * The dynamic table of one direction (RFC 7541 §2.3.2): newest entry first, oldest evicted.
 *
 * Entries also have a *serial*, counted up from 0 over the table's life, by which an encoder finds
 * them again.
 */
export class HpackDynamicTable {
  /** Entries by serial; those before `#oldest` are gone. */
  readonly #entries: (HeaderField | undefined)[] = [];
  /** Serial of `#entries[0]`. */
  #base = 0;
  #oldest = 0;
  #next = 0;
  #sizeBytes = 0;
  #limitBytes: number;
  readonly #evicted: ((field: HeaderField, serial: number) => void) | undefined;

  /**
   * @param limitBytes Size at the start.
   * @param evicted Told of every entry that goes.
   */
  constructor(limitBytes: number, evicted?: (field: HeaderField, serial: number) => void) {
    this.#limitBytes = limitBytes;
    this.#evicted = evicted;
  }

  /** Number of entries. */
  get length(): number {
    return this.#next - this.#oldest;
  }

  /** Serial the next entry gets. */
  get nextSerial(): number {
    return this.#next;
  }

  /** Size of the entries as it is counted, in bytes. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** The size it may reach, in bytes. */
  get limitBytes(): number {
    return this.#limitBytes;
  }

  set limitBytes(limitBytes: number) {
    this.#limitBytes = limitBytes;
    this.#evictTo(limitBytes);
  }

  /** The entry at a position, 0 being the newest. */
  at(position: number): HeaderField | undefined {
    if (position < 0 || position >= this.length) return undefined;
    return this.#entries[this.#next - 1 - position - this.#base];
  }

  /** Adds an entry at the front; one larger than the table empties it. */
  add(field: HeaderField): void {
    const size = field[0].length + field[1].length + HPACK_ENTRY_OVERHEAD_BYTES;
    this.#evictTo(Math.max(0, this.#limitBytes - size));
    if (size > this.#limitBytes) return;
    this.#entries.push(field);
    this.#next++;
    this.#sizeBytes += size;
  }

  #evictTo(limitBytes: number): void {
    while (this.#sizeBytes > limitBytes) {
      const at = this.#oldest - this.#base;
      const field = this.#entries[at]!;
      this.#entries[at] = undefined;
      this.#sizeBytes -= field[0].length + field[1].length + HPACK_ENTRY_OVERHEAD_BYTES;
      this.#evicted?.(field, this.#oldest);
      this.#oldest++;
    }
    const gone = this.#oldest - this.#base;
    if (gone > 64 && gone * 2 > this.#entries.length) {
      this.#entries.splice(0, gone);
      this.#base = this.#oldest;
    }
  }
}
