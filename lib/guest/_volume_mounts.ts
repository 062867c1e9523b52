import { Errno, errnoText } from "../../ffi/errno.ts";
import { closeFile, openFileLater, OpenFlag, readLater } from "../../ffi/posix_files.ts";
import { mountDeviceLater, MountFlag } from "../../ffi/posix_mounting.ts";
import { NotFoundError, PbsError, SystemError } from "../errors/mod.ts";
import { unmount } from "../fuse/mod.ts";
import type { Volume } from "./guest_disks.ts";
import { readVolumeContent, VOLUME_START_BYTES, type VolumeContent } from "./volume_content.ts";

const { READ_ONLY, NO_SET_ID, NO_DEVICES, NO_EXECUTION } = MountFlag;
const FLAGS = READ_ONLY | NO_SET_ID | NO_DEVICES | NO_EXECUTION;

/**
 * Options of the drivers that have to be told something, in the order in which they are tried: a journal
 * cannot be replayed on a disk that is read-only (spec: client-pipeline.md §9).
 */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  ext4: ["noload"],
  ext3: ["noload"],
  xfs: ["norecovery,nouuid"],
  btrfs: ["", "rescue=nologreplay"],
  f2fs: ["norecovery", ""],
  ufs: ["ufstype=ufs2", "ufstype=44bsd", "ufstype=old"],
  ntfs3: ["iocharset=utf8", ""],
  ntfs: ["utf8", ""],
  vfat: ["utf8", ""],
};

/** A file system that is mounted. */
export interface MountedVolume {
  /** Descriptor of its root; stays open as long as it is mounted. */
  readonly root: number;
  /** Path of the directory that the mount point is in. */
  readonly folder: string;
}

/**
 * The file systems of volumes, each mounted read-only when it is first asked for, in a folder whose paths
 * are those of the API.
 */
export class VolumeMounts implements AsyncDisposable {
  readonly #folder: string;
  readonly #mounts = new Map<string, Promise<MountedVolume>>();
  readonly #contents = new Map<string, Promise<VolumeContent | undefined>>();

  /** @param folder Path of a folder of its own, which is made if it is not there. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The content of a volume. @throws {SystemError} if it cannot be read. */
  content({ device }: Volume): Promise<VolumeContent | undefined> {
    return once(this.#contents, device, () => readContent(device));
  }

  /**
   * The root of a volume's file system.
   *
   * @param path Of the API, without a slash at either end: `disk.img.fidx/part/1`.
   * @throws {NotFoundError} if the volume has none, or this machine has no driver for it.
   * @throws {SystemError} if it cannot be mounted.
   */
  mounted(volume: Volume, path: string): Promise<MountedVolume> {
    return once(this.#mounts, path, async () => await this.#mount(volume, path));
  }

  /** Unmounts everything, and removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const [path, mount] of this.#mounts) {
      const mounted = await mount.catch(() => undefined);
      if (mounted === undefined) continue;
      closeFile(mounted.root);
      await unmount(`${this.#folder}/${path}`, true);
      removeFolders(this.#folder, path);
    }
    this.#mounts.clear();
    removeFolders(this.#folder, "");
  }

  async #mount(volume: Volume, path: string): Promise<MountedVolume> {
    const content = await this.content(volume);
    const name = `'${path}'`;
    if (content === undefined) {
      throw new NotFoundError(`${name} holds nothing that is known here as a file system`);
    }
    if (content.kind !== "file-system") {
      throw new PbsError(`${name} is ${content.name}, and no file system`);
    }
    const target = `${this.#folder}/${path}`;
    await Deno.mkdir(target, { recursive: true, mode: 0o700 });
    const status = await mountAs(volume.device, target, content.drivers);
    if (status < 0) {
      removeFolders(this.#folder, path);
      throw status === -Errno.ENODEV
        ? new NotFoundError(`${name} holds ${content.name}, for which this kernel has no driver`)
        : new SystemError(
          -status,
          `cannot mount ${name}, which holds ${content.name}: ${errnoText(-status)}`,
        );
    }
    const root = await openFileLater(target, undefined, OpenFlag.DIRECTORY);
    if (root >= 0) return { root, folder: target.slice(0, target.lastIndexOf("/")) };
    await unmount(target, true);
    throw new SystemError(-root, `cannot open ${name}: ${errnoText(-root)}`);
  }
}

/** @returns 0, `-ENODEV` if no driver is there, or else what the one that knows it said. */
async function mountAs(
  device: string,
  target: string,
  drivers: readonly string[],
): Promise<number> {
  let worst: number = -Errno.ENODEV;
  for (const kind of drivers) {
    for (const options of OPTIONS[kind] ?? [""]) {
      const status = await mountDeviceLater({ device, target, kind, options }, FLAGS);
      if (status === 0) return 0;
      if (worst === -Errno.ENODEV) worst = status;
    }
  }
  return worst;
}

async function readContent(device: string): Promise<VolumeContent | undefined> {
  const fd = await openFileLater(device);
  if (fd < 0) throw new SystemError(-fd, `cannot open '${device}': ${errnoText(-fd)}`);
  try {
    const start = new Uint8Array(VOLUME_START_BYTES);
    const got = await readLater(fd, start, 0);
    if (got < 0) throw new SystemError(-got, `cannot read '${device}': ${errnoText(-got)}`);
    return readVolumeContent(start.subarray(0, got));
  } finally {
    closeFile(fd);
  }
}

/** Does something once for each key, however many ask meanwhile; what fails is tried again later. */
function once<T>(
  made: Map<string, Promise<T>>,
  key: string,
  make: () => Promise<T>,
): Promise<T> {
  const known = made.get(key);
  if (known !== undefined) return known;
  const making = make();
  made.set(key, making);
  making.catch(() => made.delete(key));
  return making;
}

/** Removes empty folders, from the innermost one of a path outwards. */
function removeFolders(top: string, path: string): void {
  const parts = path.split("/").filter((part) => part !== "");
  try {
    for (;;) {
      Deno.removeSync([top, ...parts].join("/"));
      if (parts.pop() === undefined) return;
    }
  } catch {
    // Others are in it still, or it was never made.
  }
}
