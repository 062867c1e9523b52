import { setTimeout as delay } from "node:timers/promises";
import { Errno, errnoText } from "../../ffi/errno.ts";
import { closeFileLater, openFileLater } from "../../ffi/posix_files.ts";
import {
  attachLoopLater,
  detachLoopLater,
  findFreeLoop,
  LoopFlag,
} from "../../ffi/posix_loop_devices.ts";
import { ConflictError, NotFoundError, SystemError } from "../errors/mod.ts";
import { withOpenFile } from "./with_open_file.ts";

/** Asking for a free device and taking it are two steps: others may be quicker, but not for ever. */
const ATTEMPTS = 20;
const PAUSE_MS = 50;
/** O_EXCL: fails for a block device that something holds, such as a mount. */
const EXCLUSIVE = 0o200;

/** Places where the system tells of loop devices. */
export interface LoopPlaces {
  /** Folder of the devices and of `loop-control`. */
  readonly devices: string;
  /** Folder with a folder for each of them. */
  readonly state: string;
}

/** The places of Linux. */
export const SYSTEM_LOOP_PLACES: LoopPlaces = {
  devices: "/dev",
  state: "/sys/devices/virtual/block",
};

/** A loop device that shows a file. */
export interface UsedLoop {
  readonly number: number;
  /** The file's path when the device was set up; another text if it has been removed since. */
  readonly file: string;
}

/** The loop devices of this machine: block devices that show a file. */
export class LoopDevices {
  readonly #places: LoopPlaces;

  constructor(places: LoopPlaces = SYSTEM_LOOP_PLACES) {
    this.#places = places;
  }

  /** The path of a device. */
  pathOf(number: number | ""): string {
    return `${this.#places.devices}/loop${number}`;
  }

  /**
   * Finds out whether there are any, before something is made for one.
   *
   * @throws {NotFoundError} if this machine has none, or this user may not have one.
   */
  async check(): Promise<void> {
    const control = `${this.#places.devices}/loop-control`;
    const fd = await openFileLater(control);
    if (fd < 0) {
      const reason = `"${control}": ${errnoText(-fd)}`;
      throw new NotFoundError(`loop devices are not available (${reason})`, {
        situation: { kind: "no-loop-device" },
      });
    }
    await closeFileLater(fd);
  }

  /** Those that show a file, by number. */
  async used(): Promise<UsedLoop[]> {
    const found: UsedLoop[] = [];
    for await (const name of namesIn(this.#places.state)) {
      const number = /^loop(\d{1,7})$/.exec(name)?.[1];
      if (number === undefined) continue;
      try {
        const text = await Deno.readTextFile(`${this.#places.state}/${name}/loop/backing_file`);
        found.push({ number: Number(number), file: text.replace(/\n$/, "") });
      } catch (error) {
        // It shows nothing, or does no longer.
        if (!isAbsent(error)) throw error;
      }
    }
    return found.toSorted((a, b) => a.number - b.number);
  }

  /**
   * Lets a free device show a file, read-only, its partitions too. The file is read meanwhile.
   *
   * @returns The device's number.
   * @throws {SystemError} if there is no free one, or the file cannot be read.
   */
  async attach(file: string): Promise<number> {
    return await withOpenFile(file, 0, async (fileFd) => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const number = await this.#findFree();
        const status = await this.#attachTo(number, fileFd);
        if (status === 0) return number;
        if (status !== -Errno.EBUSY && status !== -Errno.ENOENT) {
          throw new SystemError(-status, `${this.pathOf(number)}: ${errnoText(-status)}`, {
            situation: { kind: "no-loop-device" },
          });
        }
        await delay(PAUSE_MS);
      }
      throw new ConflictError("others took every free loop device first: try again");
    });
  }

  /**
   * Takes the file away from a device; while others have it open, when the last of them closes it.
   *
   * @throws {SystemError} if that fails; it is no failure if it shows none.
   */
  async detach(number: number): Promise<void> {
    const path = this.pathOf(number);
    await withOpenFile(path, 0, async (fd) => {
      const status = await detachLoopLater(fd);
      if (status < 0 && status !== -Errno.ENXIO) {
        throw new SystemError(-status, `${path}: ${errnoText(-status)}`);
      }
    });
  }

  /** Whether something holds a device or a partition of it, such as a mount. */
  async isHeld(number: number): Promise<boolean> {
    const fd = await openFileLater(this.pathOf(number), undefined, EXCLUSIVE);
    if (fd >= 0) await closeFileLater(fd);
    return fd === -Errno.EBUSY;
  }

  async #findFree(): Promise<number> {
    return await withOpenFile(`${this.#places.devices}/loop-control`, 2, (fd) => {
      const number = findFreeLoop(fd);
      if (number >= 0) return Promise.resolve(number);
      throw new SystemError(-number, `no loop device is free: ${errnoText(-number)}`, {
        situation: { kind: "no-loop-device" },
      });
    });
  }

  /** @returns 0, `-EBUSY` or `-ENOENT` if it is not to be had (yet), or another negative error number. */
  async #attachTo(number: number, file: number): Promise<number> {
    const device = await openFileLater(this.pathOf(number));
    if (device < 0) return device;
    try {
      const { READ_ONLY, PARTITION_SCAN } = LoopFlag;
      return await attachLoopLater(device, file, READ_ONLY | PARTITION_SCAN);
    } finally {
      await closeFileLater(device);
    }
  }
}

async function* namesIn(folder: string): AsyncGenerator<string> {
  try {
    for await (const { name } of Deno.readDir(folder)) yield name;
  } catch (error) {
    // Without loop devices the system need not have the folder.
    if (!isAbsent(error)) throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}
