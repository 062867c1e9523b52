import { posixLibrary } from "./posix_library.ts";

/** Flags of a loop device (`LO_FLAGS_*` of `linux/loop.h`). */
export const LoopFlag = {
  READ_ONLY: 1,
  PARTITION_SCAN: 8,
} as const;

/**
 * The number of a loop device that nobody used a moment ago; the system makes one if there is none.
 *
 * @param control Open `/dev/loop-control`.
 * @returns The number, or a negative error number.
 */
export function findFreeLoop(control: number): number {
  return posixLibrary().pbs_find_free_loop(control);
}

/**
 * Lets a loop device show a file, on another thread: the file is read before the call is done, maybe
 * through this process.
 *
 * @param flags Of {@linkcode LoopFlag}.
 * @returns 0, `-EBUSY` if the device shows a file already, or another negative error number.
 */
export function attachLoopLater(device: number, file: number, flags: number): Promise<number> {
  return posixLibrary().attachLoopLater(device, file, flags);
}

/**
 * Takes the file away from a loop device, on another thread; while others have the device open, when
 * the last of them closes it.
 *
 * @returns 0, `-ENXIO` if it shows none, or another negative error number.
 */
export function detachLoopLater(device: number): Promise<number> {
  return posixLibrary().detachLoopLater(device);
}
