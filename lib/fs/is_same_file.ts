import type { FileStat } from "../../ffi/posix_files.ts";
import type { FileIdentity } from "./file_identity.ts";

/** Whether metadata is of the very file that a walk has met. */
export function isSameFile(stat: FileStat, { inode, device }: FileIdentity): boolean {
  return stat.inode === BigInt(inode) && stat.device === deviceText(device);
}

/** A device number in the form of `FileStat.device`; the C library's layout. */
function deviceText(device: number): string {
  const value = BigInt(device);
  const major = ((value >> 8n) & 0xfffn) | ((value >> 32n) & ~0xfffn);
  const minor = (value & 0xffn) | ((value >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}
