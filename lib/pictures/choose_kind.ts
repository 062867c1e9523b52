import { UsageError } from "../errors/mod.ts";
import { isLogicalVolume } from "./lvm_pictures.ts";
import type { PictureKind, PictureMode } from "./picture_kind.ts";
import type { SourcePlace } from "./source_place.ts";

/** The kind of picture that the storage of a place can take; undefined if none. */
export function fittingKind(place: SourcePlace): PictureKind | undefined {
  if (place.type === "block-device") {
    return isLogicalVolume(place.deviceNumber) ? "lvm" : undefined;
  }
  const { fileSystem, device } = place.mount;
  if (fileSystem === "btrfs" || fileSystem === "zfs") return fileSystem;
  return isLogicalVolume(device) ? "lvm" : undefined;
}

/**
 * The kind of picture for a source.
 *
 * @param tell Told in mode `auto` why a source is read as it is.
 * @returns undefined if there is none: pipes and the like have no state that could be kept.
 * @throws {UsageError} if another kind was asked for than fits.
 */
export function chooseKind(
  place: SourcePlace,
  mode: Exclude<PictureMode, "none">,
  tell: (message: string) => void,
): PictureKind | undefined {
  if (place.type === "other") return undefined;
  const fitting = fittingKind(place);
  if (mode === "auto") {
    if (fitting === undefined) {
      tell(`no snapshot is taken of '${place.path}', it is read as it is: ${storageOf(place)}`);
    }
    return fitting;
  }
  // Whether a file system is of ZFS, its program says best.
  if (mode === fitting || mode === "zfs" && place.type !== "block-device") return mode;
  throw new UsageError(
    `cannot take a snapshot with ${mode} of '${place.path}': ${storageOf(place)}; ` +
      "--snapshot auto takes what fits, and reads all others as they are",
  );
}

function storageOf(place: SourcePlace): string {
  if (place.type === "block-device") {
    return isLogicalVolume(place.deviceNumber)
      ? "it is a logical volume"
      : "it is a device, but no logical volume";
  }
  const { fileSystem, source, device } = place.mount;
  const volume = isLogicalVolume(device) ? "a logical volume" : "no logical volume";
  return `it lies on ${fileSystem} on '${source}', which is ${volume}`;
}
