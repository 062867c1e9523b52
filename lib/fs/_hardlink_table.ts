import type { HardlinkTarget } from "./walk_visitor.ts";

interface Slot {
  readonly target: HardlinkTarget;
  /** Names not met yet. */
  missing: number;
}

/**
 * Files with several names by device and inode. A file is forgotten once all its names were met, so
 * the table holds only those that have names outside of what was walked so far.
 */
export class HardlinkTable {
  readonly #devices = new Map<number, Map<number | bigint, Slot>>();

  /** The file's first name if it was met before. */
  meetAgain(device: number, inode: number | bigint): HardlinkTarget | undefined {
    const inodes = this.#devices.get(device);
    const slot = inodes?.get(inode);
    if (inodes === undefined || slot === undefined) return undefined;
    if (--slot.missing === 0) inodes.delete(inode);
    return slot.target;
  }

  /** Notes the first name of a file. @param links How many names it has in all, at least 2. */
  add(device: number, inode: number | bigint, links: number, path: Uint8Array): HardlinkTarget {
    let inodes = this.#devices.get(device);
    if (inodes === undefined) this.#devices.set(device, inodes = new Map());
    const target: HardlinkTarget = { path, position: undefined };
    inodes.set(inode, { target, missing: links - 1 });
    return target;
  }
}
