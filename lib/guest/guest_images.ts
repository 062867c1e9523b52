import { quotePath } from "../bytes/mod.ts";
import { NotFoundError, PbsError } from "../errors/mod.ts";
import { type GuestEntry, volumeEntry } from "./guest_entry.ts";
import type { GuestDisk, GuestDisks, Volume } from "./guest_disks.ts";
import { type GuestPath, joinNames } from "./guest_path.ts";
import type { VolumeContent } from "./volume_content.ts";
import { type MountedVolume, VolumeMounts } from "./_volume_mounts.ts";

/** Kinds of volumes, as they are called in paths (spec: client-pipeline.md §9). */
type VolumeKind = "raw" | "part" | "zpool" | "lvm";

/** A place in a file system of an image. */
export interface PlaceInImage extends MountedVolume {
  /** All of the path that leads to it. */
  readonly path: GuestPath;
  /** Names from the root of the file system; none for the root itself. */
  readonly names: readonly Uint8Array[];
}

/** The end of a path: something to choose from, or a place in a file system. */
export type ResolvedPath =
  | { readonly kind: "choice"; readonly entries: readonly GuestEntry[] }
  | { readonly kind: "place"; readonly place: PlaceInImage };

/** A disk and its content. */
interface DiskContent {
  readonly disk: GuestDisk;
  readonly whole: VolumeContent | undefined;
  readonly kinds: readonly VolumeKind[];
}

/** The images of a guest: what their disks, partitions and file systems hold. */
export class GuestImages implements AsyncDisposable {
  readonly #disks: GuestDisks;
  readonly #mounts: VolumeMounts;

  /** @param folder Path of a folder that file systems are mounted in. */
  constructor(disks: GuestDisks, folder: string) {
    this.#disks = disks;
    this.#mounts = new VolumeMounts(folder);
  }

  /**
   * Follows a path as far as it leads through volumes; what it leads to in a file system need not exist.
   *
   * @throws {NotFoundError} if there is no such disk or volume, or nothing to read it with.
   * @throws {SystemError} if it cannot be read or mounted.
   */
  async resolve(path: GuestPath): Promise<ResolvedPath> {
    const archive = path.text(0);
    if (archive === undefined) return await this.#chooseDisk();
    const { disk, kinds } = await this.#contentOf(archive);
    const kind = path.text(1);
    if (kind === undefined) return chooseKind(path, kinds, archive);
    switch (kind) {
      case "raw":
        return await this.#place(path, disk, 2);
      case "part": {
        const number = path.text(2);
        if (number === undefined) return choosePartition(path, disk);
        return await this.#place(path, partitionOf(disk, number), 3);
      }
      case "lvm":
      case "zpool":
        if (kinds.includes(kind)) throw new PbsError(await this.#missingTools(disk, kind));
    }
    throw new NotFoundError(`image '${archive}' has no ${quotePath(path.components[1]!)}`);
  }

  /** Unmounts everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mounts[Symbol.asyncDispose]();
  }

  async #chooseDisk(): Promise<ResolvedPath> {
    const names = (await this.#disks.names()).map((name) => `${name}.img.fidx`);
    const encoder = new TextEncoder();
    const entries = names.map((name) => volumeEntry(encoder.encode(name), name, "v"));
    return { kind: "choice", entries };
  }

  async #contentOf(archive: string): Promise<DiskContent> {
    const disk = await this.#disks.find(archive);
    const whole = await this.#mounts.content(disk);
    const kinds: VolumeKind[] = [];
    if (whole?.kind === "file-system") kinds.push("raw");
    if (disk.partitions.size > 0) kinds.push("part");
    const contents = [whole];
    for (const volume of disk.partitions.values()) {
      // What cannot be read says so when it is entered.
      contents.push(await this.#mounts.content(volume).catch(() => undefined));
    }
    if (contents.some((content) => content?.kind === "zfs")) kinds.push("zpool");
    if (contents.some((content) => content?.kind === "lvm")) kinds.push("lvm");
    if (kinds.length > 0) return { disk, whole, kinds };
    const held = whole === undefined ? "neither partitions nor a file system" : whole.name;
    throw new NotFoundError(`image '${archive}' holds ${held}, nothing that can be listed`);
  }

  async #place(path: GuestPath, volume: Volume, depth: number): Promise<ResolvedPath> {
    const volumePath = new TextDecoder().decode(joinNames(path.components.slice(0, depth)));
    const mounted = await this.#mounts.mounted(volume, volumePath);
    return {
      kind: "place",
      place: { ...mounted, path, names: path.components.slice(depth) },
    };
  }

  async #missingTools(disk: GuestDisk, kind: "lvm" | "zpool"): Promise<string> {
    const wanted = kind === "lvm" ? "lvm" : "zfs";
    const numbers: number[] = [];
    for (const [number, volume] of disk.partitions) {
      const content = await this.#mounts.content(volume).catch(() => undefined);
      if (content?.kind === wanted) numbers.push(number);
    }
    const where = numbers.length === 0 ? "the disk" : `partition ${numbers.sort().join(", ")}`;
    const [what, tools] = kind === "lvm"
      ? ["a physical volume of LVM", "logical volumes"]
      : ["a part of a ZFS pool", "pools of ZFS"];
    return `${where} is ${what}: this guest cannot open ${tools}`;
  }
}

function chooseKind(path: GuestPath, kinds: readonly string[], archive: string): ResolvedPath {
  if (kinds.length === 0) throw new NotFoundError(`image '${archive}' holds nothing`);
  return { kind: "choice", entries: kinds.map((kind) => entryIn(path, kind, "v")) };
}

function choosePartition(path: GuestPath, { partitions }: GuestDisk): ResolvedPath {
  const entries = [...partitions].toSorted(([a], [b]) => a - b).map(([number, { sizeBytes }]) =>
    entryIn(path, `${number}`, "d", sizeBytes)
  );
  return { kind: "choice", entries };
}

function partitionOf({ name, partitions }: GuestDisk, text: string): Volume {
  const volume = /^\d{1,5}$/.test(text) ? partitions.get(Number(text)) : undefined;
  if (volume === undefined || `${Number(text)}` !== text) {
    throw new NotFoundError(`image '${name}' has no partition '${text}'`);
  }
  return volume;
}

function entryIn(path: GuestPath, name: string, type: "v" | "d", sizeBytes?: number): GuestEntry {
  return volumeEntry(path.child(new TextEncoder().encode(name)), name, type, sizeBytes);
}
