import { restoreFileTimes, statPath } from "../../ffi/posix_files.ts";
import { PbsError } from "../errors/mod.ts";
import { type BtrfsItem, PICTURE_PREFIX, type RecordedPicture } from "./picture_record.ts";
import type { PrivateMounts } from "./private_mounts.ts";
import { joinPath, pathBelow, type SourcePlace } from "./source_place.ts";
import type { Picture, Workshop } from "./workshop.ts";

/** Number of the subvolume that all others lie in. */
const TOP_ID = "5";

/** A subvolume of btrfs that a source lies in. */
export interface Subvolume {
  /** UUID of the file system. */
  readonly fileSystem: string;
  /** Path of its top folder in the private mounts. */
  readonly top: string;
  /** Path from the top folder: `/` for that itself. */
  readonly innerPath: string;
  readonly isTop: boolean;
  /** Paths of all subvolumes of the file system, from the top folder. */
  readonly all: readonly string[];
}

/** Finds the subvolume of a place, and lets all of its file system be seen in the private mounts. */
export async function findSubvolume(workshop: Workshop, place: SourcePlace): Promise<Subvolume> {
  if (place.mount.isReadOnly) {
    throw new PbsError(
      `cannot take a btrfs snapshot of '${place.path}': its file system is mounted read-only`,
    );
  }
  const mounts = await workshop.mounts();
  const shown = await mounts.run("btrfs", ["filesystem", "show", place.mount.mountPoint]);
  const fileSystem = /\buuid: ([0-9a-f-]{36})$/m.exec(shown)?.[1];
  const devices = [...shown.matchAll(/\bpath (\/\S+)$/gm)].map(([, path]) => path!);
  if (fileSystem === undefined || devices.length === 0) {
    throw new PbsError(`'btrfs filesystem show ${place.mount.mountPoint}' names no device`);
  }
  const top = await workshop.newFolder();
  await mounts.run("mount", ["-t", "btrfs", "-o", `subvolid=${TOP_ID}`, devices[0]!, top]);
  const id = (await mounts.run("btrfs", ["inspect-internal", "rootid", place.path])).trim();
  const resolved = id === TOP_ID
    ? ""
    : (await mounts.run("btrfs", ["inspect-internal", "subvolid-resolve", id, top]))
      .replace(/\n$/, "");
  const innerPath = joinPath("/", resolved);
  if (pathBelow(place.innerPath, innerPath) === undefined) {
    throw new PbsError(`the subvolume '${resolved}' does not hold '${place.path}'`);
  }
  const list = await mounts.run("btrfs", ["subvolume", "list", top]);
  const all = [...list.matchAll(/^ID \d+ .*? path (.*)$/gm)].map(([, path]) =>
    joinPath("/", path!)
  );
  return { fileSystem, top, innerPath, isTop: id === TOP_ID, all };
}

/** Whether a subvolume can be read only, as snapshots of other programs are. */
export async function isReadOnlySubvolume(workshop: Workshop, path: string): Promise<boolean> {
  const mounts = await workshop.mounts();
  const text = await mounts.run("btrfs", ["property", "get", "-t", "subvol", path, "ro"]);
  return text.trim() === "ro=true";
}

/** Takes a read-only snapshot of a subvolume, in the top folder of its file system. */
export async function takeBtrfsPicture(
  workshop: Workshop,
  { fileSystem, top, innerPath }: Subvolume,
): Promise<Picture> {
  const mounts = await workshop.mounts();
  const source = joinPath(top, innerPath.slice(1));
  const parent = (await showSubvolume(mounts, source)).uuid;
  const item = await workshop.make<BtrfsItem>(
    (name) => ({ kind: "btrfs", fileSystem, name: `.${name}`, parent }),
    async ({ name }) => {
      const target = `${top}/${name}`;
      await withoutTrace(
        mounts,
        top,
        () => mounts.run("btrfs", ["subvolume", "snapshot", "-r", source, target]),
      );
      return (await showSubvolume(mounts, target)).uuid;
    },
  );
  return {
    item,
    innerRoot: innerPath,
    open: () => Promise.resolve(`${top}/${item.name}`),
  };
}

/**
 * Removes such a snapshot, unless it is gone.
 *
 * @throws {PbsError} if what has its name is not what was made.
 */
export async function removeBtrfsPicture(
  workshop: Workshop,
  item: BtrfsItem,
  { identity }: RecordedPicture,
): Promise<void> {
  const mounts = await workshop.mounts();
  const top = await workshop.newFolder();
  const device = `UUID=${item.fileSystem}`;
  await mounts.run("mount", ["-t", "btrfs", "-o", `subvolid=${TOP_ID}`, device, top]);
  const path = `${top}/${item.name}`;
  if (typeof statPath(mounts.outside(path)) === "number") return;
  const found = await showSubvolume(mounts, path);
  const isOurs = found.isReadOnly && found.parent === item.parent &&
    (identity === undefined || found.uuid === identity);
  if (!isOurs) {
    throw new PbsError(
      `the subvolume '${item.name}' of the btrfs ${item.fileSystem} is not the snapshot that was ` +
        "made, it is left alone",
    );
  }
  // The record goes next: it must not come back with a loss of power.
  await withoutTrace(
    mounts,
    top,
    () => mounts.run("btrfs", ["subvolume", "delete", "--commit-after", path]),
  );
}

interface ShownSubvolume {
  readonly uuid: string;
  readonly parent: string;
  readonly isReadOnly: boolean;
}

async function showSubvolume(mounts: PrivateMounts, path: string): Promise<ShownSubvolume> {
  const text = await mounts.run("btrfs", ["subvolume", "show", path]);
  const fields = new Map(
    text.split("\n").map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    }),
  );
  const field = (name: string) => fields.get(name) ?? "";
  const uuid = field("UUID");
  if (!/^[0-9a-f-]{36}$/.test(uuid)) {
    throw new PbsError(`the subvolume '${path}' has no UUID: an old btrfs, which cannot be used`);
  }
  return { uuid, parent: field("Parent UUID"), isReadOnly: /\breadonly\b/.test(field("Flags")) };
}

/**
 * Does something that adds a name to a folder, or takes it away, and gives the folder its times back: it
 * may be a source itself, and would look changed in each backup. Not if others worked in it meanwhile.
 */
async function withoutTrace(
  mounts: PrivateMounts,
  folder: string,
  work: () => Promise<unknown>,
): Promise<void> {
  const path = mounts.outside(folder);
  const [times, names] = [statPath(path), otherNames(path)];
  await work();
  if (typeof times !== "number" && otherNames(path) === names) restoreFileTimes(path, times);
}

/** Names in a folder that are not those of pictures. */
function otherNames(path: string): string {
  return Array.from(Deno.readDirSync(path), ({ name }) => name)
    .filter((name) => !name.startsWith(`.${PICTURE_PREFIX}`)).sort().join("/");
}
