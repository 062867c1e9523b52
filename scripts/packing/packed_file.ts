/** A file to be carried by the executable. */
export interface PackedFile {
  /** Relative to the folder into which it is unpacked. */
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How it is used: `memory` is not unpacked into folders. */
  readonly kind: "executable" | "plain" | "memory";
}
