/**
 * Pictures: what the storage below a source keeps of it as it was at one moment.
 *
 * A *picture* is a snapshot of btrfs, ZFS or LVM that lives as long as a backup; the word snapshot is left
 * to what a repository keeps. A *place* is where a source lies: its mount and the path in that file
 * system. A *view* is a picture with everything on top that is mounted below the source, so that a
 * walk finds what it would find in the source. All of it is mounted in a *private name space* of mounts,
 * which goes with the process. The *record* of a run names what it made, for the run after a crash.
 *
 * @module
 */

export type { PictureKind, PictureMode } from "./picture_kind.ts";
export { type PictureRequest, takePictures } from "./take_pictures.ts";
export type { SourcePictures } from "./source_pictures.ts";
export { type Mount, parseMountTable } from "./mount_table.ts";
