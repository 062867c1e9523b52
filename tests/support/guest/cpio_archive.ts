/** A file, folder or device-less entry of an initial file system. */
export interface CpioEntry {
  /** Relative; folders come before what is in them. */
  readonly path: string;
  /** Type and permissions as of `stat`. */
  readonly mode: number;
  readonly bytes?: Uint8Array;
}

const FOLDER = 0o040755;
const FILE = 0o100644;
const PROGRAM = 0o100755;

/** A folder that everybody may enter. */
export function cpioFolder(path: string): CpioEntry {
  return { path, mode: FOLDER };
}

/** A file of root's. */
export function cpioFile(path: string, bytes: Uint8Array, isProgram = false): CpioEntry {
  return { path, mode: isProgram ? PROGRAM : FILE, bytes };
}

/**
 * The parts of an archive in the form that Linux unpacks at its start (`newc`, described in the
 * kernel's Documentation/driver-api/early-userspace/buffer-format.rst).
 */
export function cpioArchive(entries: readonly CpioEntry[]): Uint8Array<ArrayBuffer>[] {
  const end: CpioEntry = { path: "TRAILER!!!", mode: 0 };
  return [...entries, end].flatMap(({ path, mode, bytes = new Uint8Array() }, index) => {
    const name = new TextEncoder().encode(`${path}\0`);
    // inode, mode, owner, group, links, time, size, device and its like four times, name, checksum
    const numbers = [index + 1, mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, name.length, 0];
    const head = new TextEncoder().encode(
      "070701" + numbers.map((number) => number.toString(16).padStart(8, "0")).join(""),
    );
    return [head, name, padding(head.length + name.length), bytes.slice(), padding(bytes.length)];
  });
}

/** Zeros up to the next multiple of four. */
function padding(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(-length & 3);
}
