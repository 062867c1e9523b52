import { Errno } from "./errno.ts";
import { closeFile, openFile, OpenFlag, type PosixPath } from "./posix_files.ts";
import { posixLibrary } from "./posix_library.ts";

const BUFFER_BYTES = 64 * 1024;
/** Offsets of the fields of `struct linux_dirent64`. */
const LENGTH_AT = 16;
const TYPE_AT = 18;
const NAME_AT = 19;
const DOT = 0x2e;

/** One name of a folder. */
export interface FolderName {
  readonly name: string;
  /** `unknown` where the file system does not tell without looking at the entry. */
  readonly kind: "file" | "folder" | "other" | "unknown";
}

const KINDS: Readonly<Record<number, FolderName["kind"]>> = {
  0: "unknown",
  4: "folder",
  8: "file",
};

/** Of the process: calls are synchronous, and each empties it. */
let buffer: Uint8Array<ArrayBuffer> | undefined;

/**
 * The names of a folder without `.` and `..`, in the order of the file system. The runtime's own
 * synchronous listing leaves out what it cannot read, and says nothing.
 *
 * @param directory What a relative path starts from.
 * @returns All names, or a negative error number.
 */
export function listFolder(path: PosixPath, directory?: number): FolderName[] | number {
  const decoder = new TextDecoder();
  const names: FolderName[] = [];
  const status = readFolder(path, directory, (name, kind) => {
    names.push({ name: decoder.decode(name), kind });
  });
  return status < 0 ? status : names;
}

/** One name of a folder, which need not be UTF-8. */
export interface RawFolderName extends Pick<FolderName, "kind"> {
  readonly name: Uint8Array;
}

/** {@linkcode listFolder} with the bytes of each name. */
export function listRawFolder(path: PosixPath, directory?: number): RawFolderName[] | number {
  const names: RawFolderName[] = [];
  const status = readFolder(path, directory, (name, kind) => {
    names.push({ name: name.slice(), kind });
  });
  return status < 0 ? status : names;
}

/** @returns 0 or a negative error number. */
function readFolder(
  path: PosixPath,
  directory: number | undefined,
  take: (name: Uint8Array, kind: FolderName["kind"]) => void,
): number {
  const fd = openFile(path, OpenFlag.DIRECTORY, 0, directory);
  if (fd < 0) return fd;
  try {
    const bytes = buffer ??= new Uint8Array(BUFFER_BYTES);
    for (;;) {
      const length = Number(posixLibrary().pbs_read_folder(fd, bytes, BigInt(bytes.length)));
      // The folder was removed meanwhile: it is empty.
      if (length === -Errno.ENOENT || length === 0) return 0;
      if (length < 0) return length;
      takeNames(bytes.subarray(0, length), take);
    }
  } finally {
    closeFile(fd);
  }
}

function takeNames(
  records: Uint8Array<ArrayBuffer>,
  take: (name: Uint8Array, kind: FolderName["kind"]) => void,
): void {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  for (let at = 0; at < records.length; at += view.getUint16(at + LENGTH_AT, true)) {
    const start = at + NAME_AT;
    const name = records.subarray(start, records.indexOf(0, start));
    const isDots = name[0] === DOT && (name.length === 1 || name.length === 2 && name[1] === DOT);
    if (!isDots) take(name, KINDS[records[at + TYPE_AT]!] ?? "other");
  }
}
