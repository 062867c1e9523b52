/** Place of a file's payload in the previous payload stream, header included, in bytes. */
export interface PayloadRange {
  readonly start: number;
  /** Offset after the last byte. */
  readonly end: number;
}

/** Receiver of the decisions of a {@linkcode ReusePlanner}, in the order of the archive. */
export interface ReuseSink<T> {
  /** An entry without content of its own: its place in the order is all that matters. */
  pass(entry: T): void;
  /** A file whose content has to be read. */
  encode(entry: T): void;
  /**
   * A file whose content is taken over.
   *
   * @param ahead Bytes from the end of the new payload stream, as it is then, to the file's payload
   *   header; chunks that are injected next put it there.
   */
  refer(entry: T, ahead: number): void;
  /** Puts chunks of the previous index into the stream. @param end Number after the last one. */
  inject(first: number, end: number): void;
}

/**
 * Decides which files that have not changed are taken over from the previous payload stream, and
 * which ones are read again because the chunks around them cost more than they save.
 *
 * Entries go in in the order of the archive and come out at the sink in the same order, later.
 */
export interface ReusePlanner<T> {
  /** Entries that have gone in and not yet come out. */
  readonly waiting: number;
  /** Entries that may wait; with more, {@linkcode ReusePlanner.relieve} is due. */
  readonly maxWaiting: number;
  /** A file that has not changed. */
  unchanged(entry: T, range: PayloadRange): void;
  /** An entry without content of its own: a directory's start or end, a link, a device. */
  other(entry: T): void;
  /** Content that is not in the previous stream follows: everything that waits comes out. */
  interrupt(): void;
  /** Too much waits: everything comes out, but what follows may still go on where this ends. */
  relieve(): void;
}
