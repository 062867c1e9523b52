import { NotFoundError, UsageError } from "../errors/mod.ts";

/** Sizes in `/sys` are in these units, whatever the disk has. */
const SECTOR_BYTES = 512;
/** The kernel shows no more of a virtio disk's serial number (spec: client-pipeline.md §9). */
const SERIAL_CHARACTERS = 20;
/** The end of the name of an image's archive. */
const ARCHIVE_ENDING = ".img.fidx";
/** Names that are safe as a component of a path. */
const DISK_NAME = /^[\w-][\w.-]{0,254}$/;

/** A disk, or a partition of one. */
export interface Volume {
  /** Path of the block device. */
  readonly device: string;
  readonly sizeBytes: number;
}

/** A disk of the guest that is an image of a snapshot. */
export interface GuestDisk extends Volume {
  /** The image's archive, without `.img.fidx`; as long as the guest sees it. */
  readonly name: string;
  /** By their number. */
  readonly partitions: ReadonlyMap<number, Volume>;
}

/** Places where the system tells of disks. */
export interface DiskPlaces {
  /** Folder of the devices. */
  readonly devices: string;
  /** Folder with a folder for each disk, which has one for each partition. */
  readonly state: string;
}

/** The places of Linux. */
export const SYSTEM_DISK_PLACES: DiskPlaces = { devices: "/dev", state: "/sys/block" };

/** A disk by a name of its own, in the place of its serial number. */
export interface NamedDevice {
  readonly name: string;
  /** Path of the block device. */
  readonly device: string;
}

/**
 * Takes `NAME=DEVICE` apart.
 *
 * @throws {UsageError} if it has another form.
 */
export function parseNamedDevice(text: string): NamedDevice {
  const equals = text.indexOf("=");
  const name = text.slice(0, equals).replace(/\.img(\.fidx)?$/, "");
  const device = text.slice(equals + 1);
  if (equals < 1 || !DISK_NAME.test(name) || !device.startsWith("/")) {
    throw new UsageError(`'${text}' is not of the form NAME=/dev/DEVICE`);
  }
  return { name, device };
}

/** The disks of this guest: either those that were named, or virtio disks by their serial numbers. */
export class GuestDisks {
  readonly #named: readonly NamedDevice[];
  readonly #places: DiskPlaces;

  /** @param named If there are any, no others are looked for. */
  constructor(named: readonly NamedDevice[] = [], places: DiskPlaces = SYSTEM_DISK_PLACES) {
    this.#named = named;
    this.#places = places;
  }

  /** The names of all disks, sorted. */
  async names(): Promise<string[]> {
    return (await this.#devices()).map(({ name }) => name).sort();
  }

  /**
   * Finds the disk of an archive (spec: client-pipeline.md §9).
   *
   * @param archive Name as the server has it: `drive-scsi0.img.fidx`.
   * @throws {NotFoundError} if there is none.
   */
  async find(archive: string): Promise<GuestDisk> {
    const devices = archive.endsWith(ARCHIVE_ENDING) ? await this.#devices() : [];
    const wanted = archive.slice(0, -ARCHIVE_ENDING.length);
    const found = devices.find(({ name }) => name === wanted) ??
      devices.find(({ name }) => name === wanted.slice(0, SERIAL_CHARACTERS));
    if (found === undefined) throw new NotFoundError(`there is no disk of image '${archive}' here`);
    return await this.#describe(found);
  }

  async #devices(): Promise<readonly NamedDevice[]> {
    if (this.#named.length > 0) return this.#named;
    const { devices, state } = this.#places;
    const found: NamedDevice[] = [];
    for await (const { name } of Deno.readDir(state)) {
      if (!/^vd[a-z]{1,4}$/.test(name)) continue;
      const serial = await readLine(`${state}/${name}/serial`);
      if (serial === undefined || !DISK_NAME.test(serial)) continue;
      found.push({ name: serial, device: `${devices}/${name}` });
    }
    return found;
  }

  async #describe({ name, device }: NamedDevice): Promise<GuestDisk> {
    const real = await realPath(device);
    const kernelName = real.slice(real.lastIndexOf("/") + 1);
    const folder = `${this.#places.state}/${kernelName}`;
    const partitions = new Map<number, Volume>();
    try {
      for await (const { name: part } of Deno.readDir(folder)) {
        if (!part.startsWith(kernelName)) continue;
        const number = Number(await readLine(`${folder}/${part}/partition`));
        if (!Number.isSafeInteger(number) || number < 1) continue;
        const partDevice = `${this.#places.devices}/${part}`;
        partitions.set(number, {
          device: partDevice,
          sizeBytes: await sizeOf(`${folder}/${part}`),
        });
      }
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
      throw new NotFoundError(`'${device}' is no disk`, { cause });
    }
    return { name, device: real, sizeBytes: await sizeOf(folder), partitions };
  }
}

async function realPath(device: string): Promise<string> {
  try {
    return await Deno.realPath(device);
  } catch (cause) {
    throw new NotFoundError(`disk '${device}' is not there`, { cause });
  }
}

async function sizeOf(folder: string): Promise<number> {
  return Number(await readLine(`${folder}/size`) ?? 0) * SECTOR_BYTES;
}

/** A file's only line; undefined if there is no such file. */
async function readLine(path: string): Promise<string | undefined> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw error;
  }
}
