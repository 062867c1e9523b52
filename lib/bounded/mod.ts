/**
 * *Bounded* input: what others have written or print, and how much of it we take.
 *
 * A small *file* may be a device without an end, or grow while it is read; a *program* may print more
 * than anybody wants, and what it has started may hold its output open when it is over.
 *
 * @module
 */

export { type GatheredOutput, gatherOutput, type OutputLimits } from "./gather_output.ts";
export { readSmallFile, readSmallFileSync, readSmallText } from "./read_small_file.ts";
