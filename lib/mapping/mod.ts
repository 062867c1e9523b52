/**
 * Mapping: showing an image of a snapshot as a block device or a file.
 *
 * An *image's content* is read at any place, chunk by chunk. A *mapping* is an image that a process, its
 * *owner*, shows: as a file, through FUSE, and mostly that file as a *loop device*, which is a block
 * device. Its *name* tells repository, snapshot and archive; a *mapping folder* holds a file for each
 * one that has a loop device, under its escaped name (spec: client-pipeline.md §6.3). What an owner
 * that was killed has left is *stale*.
 *
 * @module
 */

export { ImageContent, type ImageStorage } from "./image_content.ts";
export { ImageFileSystem } from "./image_file_system.ts";
export { LoopDevices, type LoopPlaces, SYSTEM_LOOP_PLACES, type UsedLoop } from "./loop_devices.ts";
export { type ImageToMap, MappedImage } from "./mapped_image.ts";
export type { Mapping } from "./mapping.ts";
export { MappingFolder } from "./mapping_folder.ts";
export { Mappings } from "./mappings.ts";
export { checkImageName, OpenedImage, type OpenImageOptions } from "./opened_image.ts";
export { escapeUnitName, unescapeUnitName } from "./unit_name.ts";
