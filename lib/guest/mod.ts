/**
 * Guest: files in the images of snapshots, served by a virtual machine that has the images as disks, so
 * that what a damaged or hostile file system does to a kernel it does to that one (spec: protocol.md §8,
 * client-pipeline.md §9).
 *
 * The *guest* has *disks*, each an image, found by its name; a disk has a file system itself (`raw`) or
 * in *partitions* (`part`). These are *volumes*; a volume's file system is mounted, read-only, when
 * somebody first asks for a *place* in it. The *service* answers requests that show the guest's *ticket*;
 * the *client* makes them.
 *
 * @module
 */

export {
  GUEST_PORT,
  GuestClient,
  type GuestClientOptions,
  type GuestStatus,
} from "./guest_client.ts";
export { GuestDisks, type NamedDevice, parseNamedDevice } from "./guest_disks.ts";
export { type GuestEntry, type GuestEntryType, readGuestEntries } from "./guest_entry.ts";
export { GUEST_FORMATS, type GuestFormat } from "./guest_format.ts";
export { GuestImages } from "./guest_images.ts";
export { guestMapPath, type KnownGuest, parseGuestMap, readGuestMap } from "./guest_map.ts";
export { GuestPath, patternOfLastName } from "./guest_path.ts";
export { type GuestEnd, GuestService, type GuestServiceOptions } from "./guest_service.ts";
export { serveGuest } from "./serve_guest.ts";
