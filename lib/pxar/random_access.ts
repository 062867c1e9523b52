/** Something that bytes can be read from at any place, such as an archive of an index. */
export interface RandomAccess {
  /** Length in bytes. */
  readonly size: number;
  /**
   * Reads exactly `length` bytes at `offset`; the caller asks only for what lies inside of `size`.
   * The bytes stay valid for as long as the caller keeps them.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
}
