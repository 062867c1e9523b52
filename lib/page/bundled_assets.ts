/**
 * Files of the page that came in one file with this module, by their names. Empty unless the program was
 * bundled so (`scripts/packing/bundle_in_one.ts`).
 */
export const BUNDLED_ASSETS: Map<string, Uint8Array> = new Map();
