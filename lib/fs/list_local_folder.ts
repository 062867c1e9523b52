import { listRawFolder } from "../../ffi/posix_folder.ts";
import { statPath } from "../../ffi/posix_files.ts";
import { concatBytes } from "../bytes/mod.ts";

/** A name in a folder of this machine. */
export interface LocalName {
  /** Raw bytes. */
  readonly name: Uint8Array;
  /** Whether it is a directory, or a symbolic link to one. */
  readonly isDirectory: boolean;
}

const DOT = Uint8Array.of(0x2e);
/** Makes the system follow a symbolic link, and refuse what is no directory. */
const INSIDE = Uint8Array.of(0x2f, 0x2e);

/**
 * The names in a folder of this machine, in the order of the file system.
 *
 * @param folder Raw bytes; empty for the current one, otherwise with a slash at its end.
 * @returns None if it cannot be read.
 */
export function listLocalFolder(folder: Uint8Array): LocalName[] {
  const names = listRawFolder(folder.length === 0 ? DOT : new Uint8Array(folder));
  if (typeof names === "number") return [];
  return names.map(({ name, kind }) => {
    const isKnown = kind === "folder" || kind === "file";
    const isDirectory = isKnown
      ? kind === "folder"
      : typeof statPath(concatBytes([folder, name, INSIDE])) !== "number";
    return { name, isDirectory };
  });
}
