/** A file to be carried by the executable. */
export interface PackedFile {
  /** Relative to the folder into which it is unpacked. */
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly isExecutable: boolean;
}
