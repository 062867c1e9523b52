import { describeError } from "../errors/mod.ts";
import { removeBtrfsPicture } from "./btrfs_pictures.ts";
import { removeLvmPicture } from "./lvm_pictures.ts";
import { parsePictureRecord, type PictureItem, type RecordedPicture } from "./picture_record.ts";
import { leftRecords, removeBegunRecords } from "./record_folder.ts";
import type { StorageTools } from "./storage_tools.ts";
import { Workshop } from "./workshop.ts";
import { removeZfsPicture } from "./zfs_pictures.ts";

/** Receives a line for people. */
export type PictureLog = (level: "debug" | "info" | "warn", message: string) => void;

/**
 * Removes the pictures of a record, and the record when nothing of it is left.
 *
 * @param removed Called for each that is gone.
 * @returns What stood in the way.
 */
export async function removePictures(
  workshop: Workshop,
  pictures: readonly RecordedPicture[],
  removed: (item: PictureItem) => void = () => {},
): Promise<string[]> {
  const problems: string[] = [];
  for (const picture of pictures.toReversed()) {
    try {
      await removePicture(workshop, picture);
      await workshop.forget(picture.number);
      removed(picture.item);
    } catch (error) {
      problems.push(describeError(error)[0]!);
    }
  }
  await workshop[Symbol.asyncDispose]();
  if (problems.length === 0) workshop.record.remove();
  return problems;
}

async function removePicture(workshop: Workshop, picture: RecordedPicture): Promise<void> {
  const { item } = picture;
  switch (item.kind) {
    case "btrfs":
      return await removeBtrfsPicture(workshop, item, picture);
    case "zfs":
      return await removeZfsPicture(workshop, item, picture);
    case "lvm":
      return await removeLvmPicture(workshop, item, picture);
  }
}

/** Removes what runs that are over have left, as their records say. Never throws for what it cannot. */
export async function removeLeftPictures(
  folder: string,
  tools: StorageTools,
  log: PictureLog,
): Promise<void> {
  removeBegunRecords(folder);
  for (const left of leftRecords(folder)) {
    const problems = await removePictures(
      new Workshop(tools, left.record),
      left.pictures,
      (item) => log("info", `removed ${describeItem(item)}, which an interrupted run has left`),
    );
    for (const problem of problems) {
      log(
        "warn",
        `warning: a snapshot that an interrupted run has left stays: ${problem} ` +
          `(record: ${left.record.path})`,
      );
    }
  }
}

/** Removes all pictures of a run that ends. */
export async function removeOwnPictures(workshop: Workshop, log: PictureLog): Promise<void> {
  await workshop[Symbol.asyncDispose]();
  const { record } = workshop;
  const problems = await removePictures(
    workshop,
    parsePictureRecord(Deno.readTextFileSync(record.path)),
    (item) => log("debug", `removed ${describeItem(item)}`),
  );
  record[Symbol.dispose]();
  for (const problem of problems) {
    log("warn", `warning: a snapshot of the source stays until the next run: ${problem}`);
  }
}

/** A picture in words. */
export function describeItem(item: PictureItem): string {
  switch (item.kind) {
    case "btrfs":
      return `the btrfs snapshot '${item.name}'`;
    case "zfs":
      return `the ZFS snapshot '${item.dataset}@${item.name}'`;
    case "lvm":
      return `the LVM snapshot '${item.group}/${item.name}'`;
  }
}
