import type { ExtractSink, MatchList } from "../fs/mod.ts";
import type { ContentRange, PxarEntry } from "../pxar/mod.ts";
import type { PlacedChunks } from "../reading/mod.ts";
import type { ContentFeed } from "./_content_feed.ts";
import type { InPlaceParts, InPlaceTarget } from "./_in_place_target.ts";
import type { LinkedFiles } from "./linked_files.ts";
import type { RestoreObserver } from "./restore_request.ts";

/** Makes entries; also of contents that lie in no chunk of the feed. */
export interface EntryMaker extends ExtractSink {
  /** Adds bytes to the file; they stay as they are until they were handed on. */
  inlineData(bytes: Uint8Array): void;
}

/** Target of a tree, and what of the tree is wanted. */
export interface TreeTarget<Extractor extends EntryMaker = EntryMaker> {
  readonly extractor: Extractor;
  /** Told of every entry before it is made, wanted or not. */
  onEntry?(entry: PxarEntry): void;
  /** Patterns of the wanted part; empty for everything. */
  readonly patterns: MatchList;
  /**
   * Told, where there are patterns, how many entries they selected and which of them matched nothing,
   * before what was restored gets its last metadata. What it throws ends the restore.
   */
  onSelected(selected: number, unmatched: readonly number[]): void;
  /** Given the prelude of a split archive, if it has one. */
  onPrelude(prelude: Uint8Array | undefined): Promise<void>;
}

/** Means to make a target equal to an archive. */
export interface InPlaceMeans {
  /** Makes what compares the two. */
  compare(isSelected: InPlaceParts["isSelected"]): InPlaceTarget;
  /** Finds the content of a file. @throws {CorruptDataError} if the archive is damaged there. */
  contentOf(file: PxarEntry): Promise<ContentRange>;
  /** Whether most contents are passed over. */
  readonly isSparse: boolean;
}

/** Tools of an {@linkcode ArchiveExtraction}; all of them stay the caller's. */
export interface ExtractionParts<Extractor extends EntryMaker = EntryMaker> {
  /** Name of the archive in messages. */
  readonly archive: string;
  readonly archiveChunks: PlacedChunks;
  /** Contents of a split archive. */
  readonly payloadChunks: PlacedChunks | undefined;
  readonly linkedContent: LinkedFiles;
  /** For targets that are made equal to the archive. */
  readonly inPlace?: InPlaceMeans;
  readonly feed: ContentFeed;
  readonly target: TreeTarget<Extractor>;
  readonly observer: RestoreObserver;
  readonly signal: AbortSignal;
}
