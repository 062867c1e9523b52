/**
 * Self-check: whether an installation of this program is whole and does what it should here.
 *
 * A *pack* is what the packed executable carries: *files*, in compressed *frames*, with a *table* of
 * their digests at its end. A *finding* is what one check says of one *part*: the frames, the unpacked
 * files, the native core (whose vector instructions must give what the plain *twins* in TypeScript give),
 * libfuse, a folder of the user.
 *
 * @module
 */

export { checkFolder } from "./check_folder.ts";
export { checkFuse } from "./check_fuse.ts";
export { checkNativeCore } from "./check_native_core.ts";
export { checkPage } from "./check_page.ts";
export { checkPack } from "./check_pack.ts";
export type { Finding } from "./finding.ts";
export { type PackedFile, type PackFrame, type PackTable, parsePackTable } from "./pack_table.ts";
export { readPackTable } from "./read_pack_table.ts";
