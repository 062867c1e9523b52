import { closeFile, openFile, OpenFlag } from "../../ffi/posix_files.ts";
import { fileSystemMagic } from "../../ffi/capture.ts";
import { isVirtualFileSystem } from "../fs/mod.ts";
import type { Mount } from "./mount_table.ts";
import { joinPath, O_PATH, pathBelow, placeOf, type SourcePlace } from "./source_place.ts";

/** Which file systems a walk enters. */
export interface EnteredFileSystems {
  readonly all: boolean;
  /** Devices of those that are named, as files show them. */
  readonly devices: ReadonlySet<string>;
}

/** Something below a source that is not of its mount, or not of its subvolume. */
export interface PlaceBelow extends SourcePlace {
  /** Whether a walk goes on in it. */
  readonly isEntered: boolean;
}

/**
 * Mounts below a source that can be seen there, outer ones before those in them.
 *
 * @param subvolumesOf Paths of subvolumes within the file system of a mount, which are as if mounted.
 */
export function placesBelow(
  place: SourcePlace,
  table: readonly Mount[],
  entered: EnteredFileSystems,
  subvolumesOf: (mount: Mount) => readonly string[],
): PlaceBelow[] {
  const mounted = table.flatMap((mount) => {
    if (!pathBelow(mount.mountPoint, place.path)) return [];
    const found = visiblePlace(mount.mountPoint, table);
    return found?.mount.id === mount.id ? [found] : [];
  });
  const nested = [place, ...mounted].flatMap((holder) =>
    subvolumesOf(holder.mount).flatMap((inner) => {
      const below = pathBelow(inner, holder.innerPath);
      if (!below) return [];
      const found = visiblePlace(joinPath(holder.path, below), table);
      return found?.mount.id === holder.mount.id && found.innerPath === inner ? [found] : [];
    })
  );
  const all = [...mounted, ...nested]
    .sort((a, b) => a.path.split("/").length - b.path.split("/").length)
    .map((found) => ({ ...found, isEntered: isEntered(found, place, entered) }));
  // A walk does not come to what lies in what it does not enter.
  const closed = all.filter(({ isEntered }) => !isEntered).map(({ path }) => path);
  return all.filter(({ path }) => !closed.some((outer) => Boolean(pathBelow(path, outer))));
}

function visiblePlace(path: string, table: readonly Mount[]): SourcePlace | undefined {
  try {
    return placeOf(path, table, false);
  } catch {
    // It is hidden, or was unmounted meanwhile.
    return undefined;
  }
}

/** Whether a walk of a source goes on in what is mounted below it; the path may be raw bytes. */
export function isEntered(
  found: Pick<SourcePlace, "type" | "device"> & { readonly path: Uint8Array | string },
  source: SourcePlace,
  { all, devices }: EnteredFileSystems,
): boolean {
  if (found.type !== "directory") return false;
  if (found.device === source.device || devices.has(found.device)) return true;
  return all && !isVirtual(found.path);
}

function isVirtual(path: Uint8Array | string): boolean {
  const fd = openFile(typeof path === "string" ? path : path.slice(), O_PATH | OpenFlag.NOFOLLOW);
  if (fd < 0) return true;
  try {
    return isVirtualFileSystem(fileSystemMagic(fd));
  } finally {
    closeFile(fd);
  }
}
