/** A stretch of a file that could not be read; zeros take its place. */
export interface UnreadableGap {
  /** Positive Linux error number. */
  readonly errno: number;
  /** Byte in the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/**
 * A spliced file whose length was not the announced one (spec: pxar.md §5.6), or that could not be
 * read all through.
 */
export interface SpliceProblem {
  /** The tag that the file was spliced under. */
  readonly tag: number;
  /**
   * It ended early and was filled up with zeros, or went on and was cut off, or a stretch of it
   * could not be read and was filled with zeros; the last one not in streams of fixed chunks, which
   * fail then.
   */
  readonly kind: "shrunk" | "grew" | "unreadable";
  /** Stretch that could not be read, for the last kind. */
  readonly gap?: UnreadableGap;
}
