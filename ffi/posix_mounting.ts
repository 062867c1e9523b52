import { posixLibrary, whileHeld } from "./posix_library.ts";

/** Flags of a mount (`MS_*` of `linux/mount.h`). */
export const MountFlag = {
  READ_ONLY: 1,
  NO_SET_ID: 2,
  NO_DEVICES: 4,
  NO_EXECUTION: 8,
} as const;

/** A mount that is wanted: a device, and a place for it. */
export interface DeviceMount {
  /** Path of a block device. */
  readonly device: string;
  /** Path of a directory. */
  readonly target: string;
  /** Name of the file system, as the kernel calls it. */
  readonly kind: string;
  /** Options of that file system, with commas between them. */
  readonly options: string;
}

/**
 * Mounts a block device, on another thread.
 *
 * @param flags Of {@linkcode MountFlag}.
 * @returns 0 or a negative error number; `-EINVAL` also if a text contains NUL.
 */
export async function mountDeviceLater(
  { device, target, kind, options }: DeviceMount,
  flags: number,
): Promise<number> {
  const texts = [device, target, kind, options].map((text) => `${text}\0`).join("");
  const bytes = new TextEncoder().encode(texts);
  return await whileHeld(posixLibrary().mountLater(bytes, BigInt(bytes.length), flags), bytes);
}
