import { setTimeout as delay } from "node:timers/promises";
import { PbsError } from "../errors/mod.ts";
import { type LvmItem, PICTURE_PREFIX, type RecordedPicture } from "./picture_record.ts";
import type { SourcePlace } from "./source_place.ts";
import type { StorageTools } from "./storage_tools.ts";
import { mountVolume } from "./mount_volume.ts";
import { once, type Picture, type Workshop } from "./workshop.ts";

/** Share of the volume that may change during a backup, unless the user says how much. */
const DEFAULT_SHARE = 0.2;
const LEAST_BYTES = 64 * 1024 * 1024;
const SECTOR_BYTES = 512;
/** Attempts to remove a snapshot that somebody keeps open for a moment, udev for example. */
const REMOVAL_ATTEMPTS = 10;
const REMOVAL_PAUSE_MS = 500;

/** A logical volume, as `lvs` tells of it. */
interface LogicalVolume {
  readonly vg_name: string;
  readonly lv_name: string;
  readonly lv_uuid: string;
  readonly lv_size: string;
  readonly lv_tags: string;
  readonly lv_attr: string;
  readonly origin: string;
  readonly pool_lv: string;
  readonly segtype: string;
  readonly data_percent: string;
  readonly lv_dm_path: string;
  readonly lv_kernel_major: string;
  readonly lv_kernel_minor: string;
}

const FIELDS = "vg_name,lv_name,lv_uuid,lv_size,lv_tags,lv_attr,origin,pool_lv,segtype," +
  "data_percent,lv_dm_path,lv_kernel_major,lv_kernel_minor";

/**
 * Whether a device is a logical volume.
 *
 * @param device `major:minor`.
 */
export function isLogicalVolume(device: string): boolean {
  try {
    return Deno.readTextFileSync(`/sys/dev/block/${device}/dm/uuid`).startsWith("LVM-");
  } catch {
    return false;
  }
}

/**
 * Snapshots of the logical volumes that places lie on, or are: thin if the volume is, else with room for
 * what changes meanwhile.
 */
export class LvmPictures {
  readonly #workshop: Workshop;
  readonly #sizeBytes: number | undefined;
  #listed: Promise<LogicalVolume[]> | undefined;

  /** @param sizeBytes Room of each; a fifth of the volume if undefined. */
  constructor(workshop: Workshop, sizeBytes: number | undefined) {
    this.#workshop = workshop;
    this.#sizeBytes = sizeBytes;
  }

  /** Takes one. */
  async take(place: SourcePlace): Promise<Picture> {
    const { tools } = this.#workshop;
    const number = place.type === "block-device" ? place.deviceNumber : place.mount.device;
    const volume = (await (this.#listed ??= volumes(tools))).find(
      ({ lv_kernel_major: major, lv_kernel_minor: minor }) => `${major}:${minor}` === number,
    );
    if (volume === undefined) throw new PbsError(`'lvs' lists no volume with the device ${number}`);
    const { vg_name: group, lv_name: origin } = volume;
    let device = "";
    const item = await this.#workshop.make<LvmItem>(
      (name) => ({ kind: "lvm", group, name, origin }),
      async ({ name }) => {
        await tools.run("lvcreate", [
          ...["--snapshot", "--yes", "--name", name, "--addtag", tagOf(this.#workshop)],
          ...this.#roomOf(volume),
          `${group}/${origin}`,
        ]);
        const made = (await findItem(tools, { group, name }))!;
        device = made.lv_dm_path;
        return made.lv_uuid;
      },
    );
    return {
      item,
      innerRoot: "/",
      open: once((fileSystem) => mountVolume(this.#workshop, device, fileSystem)),
      blockDevice: device,
    };
  }

  #roomOf({ segtype, lv_size }: LogicalVolume): string[] {
    // It would have to be activated by hand otherwise.
    if (segtype === "thin") return ["--setactivationskip", "n", "--activate", "y"];
    const size = Number(lv_size);
    const room = this.#sizeBytes ?? Math.max(LEAST_BYTES, size * DEFAULT_SHARE);
    return ["--size", `${Math.ceil(Math.min(room, size) / SECTOR_BYTES) * SECTOR_BYTES}b`];
  }
}

/** @throws {PbsError} if a snapshot has lost what it was taken of, which it does when it is full. */
export async function checkLvmPictures(
  { tools }: Workshop,
  items: readonly LvmItem[],
): Promise<void> {
  if (items.length === 0) return;
  const all = await volumes(tools);
  for (const { group, name, origin } of items) {
    const found = all.find(({ vg_name, lv_name }) => vg_name === group && lv_name === name);
    const shown = `'${group}/${name}' of the volume '${origin}'`;
    if (found === undefined) throw new PbsError(`the LVM snapshot ${shown} is gone`);
    // Letters for the state: I and S stand for an invalid one.
    const isWhole = found.lv_attr[4] === "a" &&
      (found.segtype === "thin" || Number(found.data_percent) < 100);
    if (isWhole) continue;
    throw new PbsError(
      `the LVM snapshot ${shown} is full, so that what was read is not of one moment: ` +
        "give it more room with --snapshot-size",
    );
  }
}

/**
 * Removes such a snapshot, unless it is gone.
 *
 * @throws {PbsError} if what has its name is not what was made.
 */
export async function removeLvmPicture(
  workshop: Workshop,
  item: LvmItem,
  { identity }: RecordedPicture,
): Promise<void> {
  const { tools } = workshop;
  const found = await findItem(tools, item);
  if (found === undefined) return;
  const isOurs = found.origin === item.origin &&
    found.lv_tags.split(",").includes(tagOf(workshop)) &&
    (identity === undefined || found.lv_uuid === identity);
  const path = `${item.group}/${item.name}`;
  if (!isOurs) {
    throw new PbsError(`the volume '${path}' is not the snapshot that was made, it is left alone`);
  }
  for (let attempt = 1;; attempt++) {
    try {
      await tools.run("lvremove", ["--yes", path]);
      return;
    } catch (error) {
      if (attempt === REMOVAL_ATTEMPTS) throw error;
      await delay(REMOVAL_PAUSE_MS);
    }
  }
}

function tagOf({ record }: Workshop): string {
  return `${PICTURE_PREFIX}${record.id}`;
}

/** @throws {PbsError} if its volume group is not there, so that nothing is known of it. */
async function findItem(
  tools: StorageTools,
  { group, name }: Pick<LvmItem, "group" | "name">,
): Promise<LogicalVolume | undefined> {
  const all = (await volumes(tools)).filter(({ vg_name }) => vg_name === group);
  // Its origin is in the same group.
  if (all.length === 0) throw new PbsError(`the volume group '${group}' is not there`);
  return all.find(({ lv_name }) => lv_name === name);
}

async function volumes(tools: StorageTools): Promise<LogicalVolume[]> {
  const text = await tools.run("lvs", [
    ...["--reportformat", "json", "--units", "b", "--nosuffix", "--options", FIELDS],
  ]);
  try {
    const { report } = JSON.parse(text) as { report: { lv: LogicalVolume[] }[] };
    return report.flatMap(({ lv }) => lv);
  } catch (cause) {
    throw new PbsError("'lvs' has not printed JSON: it is older than 2.02.158", { cause });
  }
}
