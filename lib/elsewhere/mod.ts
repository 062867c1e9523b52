/**
 * Elsewhere: chunks and files of a snapshot that are missing or damaged, from other repositories.
 *
 * A *place* is where a chunk may be had from besides the repository itself; a *copy* is the snapshot of
 * the same name in *another repository*. A directory gives chunks by their digests alone; a server gives
 * those of a *group*, through the indexes of its snapshots, which are opened when they are needed. What
 * comes from a place is *checked* by whoever asks, before it is used: nothing is believed. A repository
 * *with others* is read as any other.
 *
 * @module
 */

export { askPlaces, type FoundChunk, type PlaceListener } from "./ask_places.ts";
export { type ChunkPlace, placeOf, placeOfSnapshot } from "./chunk_place.ts";
export { openIndex } from "./open_index.ts";
export { OtherPlaces, type OtherPlacesObserver, type OtherUse } from "./other_places.ts";
export { type HelpingRepository, OtherRepository, type SnapshotCopy } from "./other_repository.ts";
export { withOthers } from "./with_others.ts";
