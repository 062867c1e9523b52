/**
 * The receiving end of an archive stream: bytes that the program made, and stretches of open files.
 *
 * The calls that add to the stream are synchronous and only collect; once {@linkcode ByteSink.full}
 * is true the producer waits for {@linkcode ByteSink.drain} before it goes on, which is how back
 * pressure reaches the walk.
 */
export interface ByteSink {
  /** Bytes added so far, spliced ones included. */
  readonly position: number;
  /** Whether enough has been collected that `drain` should be awaited. */
  readonly full: boolean;
  /** Adds bytes; they are copied before the call returns. */
  write(bytes: Uint8Array): void;
  /**
   * Adds exactly `size` bytes read from an open file from its current position on; takes the
   * descriptor over and closes it. A file that ends early is filled up with zeros, one that goes on
   * is cut off, both are reported under `tag` (spec: pxar.md §5.6).
   */
  splice(fd: number, size: number, tag: number): void;
  /** Hands what was collected on. @throws if reading a spliced file failed. */
  drain(): Promise<void>;
}
