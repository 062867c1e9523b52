/**
 * Entries: what is in a stored archive, in its order and without contents.
 *
 * An *entry stream* reads a whole archive, or the metadata of a split one, and leaves out the chunks in
 * which there are only contents.
 *
 * @module
 */

export { type Ahead, EntryStream, type StreamChunks } from "./entry_stream.ts";
