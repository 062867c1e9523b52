/**
 * Download: what lies in an archive, as a stream of bytes.
 *
 * A *walk* goes through a folder. The content of a file comes in *pieces*, a folder as *tar* or *zip*.
 * Streams go on when they are asked for more; what they will need next is read *ahead*, within a limit.
 *
 * @module
 */

export { walkArchive, type WalkedEntry } from "./archive_walk.ts";
export { compressedTar } from "./compressed_tar.ts";
export type { ContentOptions } from "./content_options.ts";
export { type FileOptions, readContent } from "./read_content.ts";
export { readRange } from "./read_range.ts";
export { tarFolder, type TarFolderOptions } from "./tar_folder.ts";
export { zeroPieces } from "./zero_pieces.ts";
export { zipFolder, type ZipFolderOptions } from "./zip_folder.ts";
export { type ZipEntry, zipOf } from "./zip_of.ts";
