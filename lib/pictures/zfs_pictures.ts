import { closeFile, openFile, OpenFlag, statFile } from "../../ffi/posix_files.ts";
import { errnoText } from "../../ffi/errno.ts";
import { PbsError, SystemError } from "../errors/mod.ts";
import type { Mount } from "./mount_table.ts";
import type { RecordedPicture, ZfsItem } from "./picture_record.ts";
import { joinPath, type SourcePlace } from "./source_place.ts";
import { once, type Picture, type Workshop } from "./workshop.ts";

/** Property of a snapshot that says which run made it. */
const PROPERTY = "pbs-client:run";

/**
 * Takes a snapshot of the dataset that a place lies on. Its folder is opened, so that ZFS mounts it: that
 * has to come before the private mounts are made, which would not see it otherwise.
 *
 * @param held Keeps the folder open, or ZFS unmounts it after some minutes.
 */
export async function takeZfsPicture(
  workshop: Workshop,
  place: SourcePlace,
  table: readonly Mount[],
  held: DisposableStack,
): Promise<Picture> {
  const { mount } = place;
  const whole = mount.root === "/"
    ? mount
    : table.find(({ device, root }) => device === mount.device && root === "/");
  if (whole === undefined) {
    throw new PbsError(
      `cannot take a ZFS snapshot of '${place.path}': only a part of its dataset is mounted`,
    );
  }
  const { tools } = workshop;
  const list = await tools.run("zfs", ["list", "-H", "-o", "name", place.path]);
  const dataset = list.trim();
  if (dataset === "" || dataset.includes("\n")) {
    throw new PbsError(`'zfs list ${place.path}' does not name one dataset`);
  }
  const item = await workshop.make<ZfsItem>(
    (name) => ({ kind: "zfs", dataset, name }),
    async ({ name }) => {
      const full = `${dataset}@${name}`;
      await tools.run("zfs", ["snapshot", "-o", `${PROPERTY}=${workshop.record.id}`, full]);
      return (await tools.run("zfs", ["get", "-H", "-p", "-o", "value", "guid", full])).trim();
    },
  );
  const folder = joinPath(whole.mountPoint, `.zfs/snapshot/${item.name}`);
  const fd = openFile(`${folder}/.`, OpenFlag.READ | OpenFlag.DIRECTORY);
  if (fd < 0) throw new SystemError(-fd, `cannot open "${folder}": ${errnoText(-fd)}`);
  held.defer(() => void closeFile(fd));
  const stat = statFile(fd);
  if (typeof stat === "number" || stat.device === place.device) {
    throw new PbsError(`ZFS has not mounted "${folder}", so it cannot be read`);
  }
  return {
    item,
    innerRoot: "/",
    open: once(async () => {
      const target = await workshop.newFolder();
      await (await workshop.mounts()).bind(folder, target);
      return target;
    }),
  };
}

/**
 * Removes such a snapshot, unless it is gone.
 *
 * @throws {PbsError} if what has its name is not what was made.
 */
export async function removeZfsPicture(
  { tools, record }: Workshop,
  { dataset, name }: ZfsItem,
  { identity }: RecordedPicture,
): Promise<void> {
  const snapshots = await tools.run("zfs", [
    ...["list", "-H", "-o", "name", "-t", "snapshot", "-d", "1", dataset],
  ]);
  const full = `${dataset}@${name}`;
  if (!snapshots.split("\n").includes(full)) return;
  const properties = await tools.run("zfs", [
    ...["get", "-H", "-p", "-o", "value", `guid,${PROPERTY}`, full],
  ]);
  const [guid, run] = properties.split("\n");
  if (run !== record.id || identity !== undefined && guid !== identity) {
    throw new PbsError(`the ZFS snapshot '${full}' is not the one that was made, it is left alone`);
  }
  await tools.run("zfs", ["destroy", full]);
}
