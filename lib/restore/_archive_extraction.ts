import { CorruptDataError } from "../errors/mod.ts";
import { type ExtractSink, SelectiveExtractor } from "../fs/mod.ts";
import {
  PayloadDecoder,
  type PxarAccessor,
  PxarDecoder,
  type PxarDirectory,
  type PxarEntry,
} from "../pxar/mod.ts";
import { DamagedChunkError, type PlacedChunk, type PlacedChunks } from "../reading/mod.ts";
import { ArchiveGuide, type LostEntries } from "./_archive_guide.ts";
import { ContentCopies } from "./_content_copies.ts";
import type { EntryMaker, ExtractionParts } from "./_extraction_parts.ts";
import type { InPlaceTarget } from "./_in_place_target.ts";
import { joinNames } from "./_join_names.ts";
import { Losses } from "./_losses.ts";

const SLASH = Uint8Array.of(0x2f);

/** Leads one archive, front to back, into a {@linkcode TreeTarget}. */
export class ArchiveExtraction {
  readonly #decoder = new PxarDecoder();
  readonly #payload = new PayloadDecoder();
  /** The metadata chunk at hand, for split archives; contents never lie in it. */
  #metadataChunk: PlacedChunk | undefined;
  /** Names of the directories that are open, that of the root being empty. */
  readonly #path: Uint8Array[] = [];
  /** Path of the last entry, if a directory has ended since. */
  #lastLeft: Uint8Array | undefined;
  /** The last damage in the payload stream. */
  #payloadDamage: DamagedChunkError | undefined;
  readonly #losses: Losses;
  readonly #guide: ArchiveGuide;
  /** The archive, if its start is lost. */
  #withoutStart: PxarAccessor | undefined;
  /** Whether the guide is to be asked where the directory at hand goes on. */
  #mayJump = false;
  readonly #sink: ExtractSink;
  readonly #selection: SelectiveExtractor | undefined;
  readonly #inPlace: InPlaceTarget | undefined;
  /** Maker of the entries that are wanted. */
  readonly #maker: EntryMaker;
  /** Whether the hard link at hand is wanted and its target is not. */
  #isLinkAlone = false;
  readonly #copies: ContentCopies;

  constructor(private readonly parts: ExtractionParts) {
    const { extractor, patterns } = parts.target;
    this.#inPlace = parts.inPlace?.compare((path, isDirectory) =>
      this.#selection?.isSelected(path, isDirectory) ?? true
    );
    this.#maker = this.#inPlace ?? extractor;
    this.#selection = patterns.length === 0
      ? undefined
      : new SelectiveExtractor(this.#maker, patterns, {
        onUnselectedTarget: () => void (this.#isLinkAlone = true),
      });
    this.#sink = this.#selection ?? this.#maker;
    this.#losses = new Losses(parts.observer);
    this.#copies = new ContentCopies(
      parts,
      this.#maker,
      this.#inPlace,
      (cause) => this.#noteLoss(cause instanceof DamagedChunkError ? cause : this.#named(cause)),
    );
    this.#guide = new ArchiveGuide(async () =>
      this.#withoutStart ?? await parts.linkedContent.tree()
    );
    if (this.#selection !== undefined) parts.archiveChunks.narrow();
    if (this.#selection !== undefined || parts.inPlace?.isSparse) parts.payloadChunks?.narrow();
  }

  async run(): Promise<void> {
    const decoder = this.#decoder;
    const sink = this.#sink;
    let first = true;
    for (;;) {
      if (this.#mayJump && this.#fileLeft < 0) this.#jump();
      switch (decoder.next()) {
        case "need-input":
          await this.#nextArchiveChunk();
          break;
        case "entry":
          if (first) {
            first = false;
            await this.parts.target.onPrelude(decoder.prelude);
          }
          if (this.#inPlace !== undefined) await this.#inPlace.arrive(decoder.entry);
          if (decoder.entry.damage !== undefined) this.#noteDamage(decoder.entry);
          if (this.#entry(decoder.entry)) await this.#splitContent(decoder.entry);
          else if (this.#isLinkAlone) {
            this.#isLinkAlone = false;
            await this.#copies.linkAlone(decoder.entry, this.#path.slice(1));
          }
          if (decoder.entry.kind === "directory") await this.#enter(decoder.entry);
          this.#mayJump = this.#selection !== undefined;
          if (this.parts.feed.full) await this.parts.feed.submit();
          break;
        case "data":
          sink.data(decoder.dataStart, decoder.dataLength);
          await this.#inPlace?.compare();
          this.#fileBytes(decoder.dataLength);
          if (this.#inPlace?.mustWriteAgain) await this.#copies.writeAgain(decoder.entry);
          break;
        case "leave":
          this.#endFile();
          await this.#leave();
          this.#mayJump = this.#selection !== undefined;
          break;
        case "finished":
          await this.parts.feed.endChunk();
          this.#tellSelection();
          return;
      }
    }
  }

  async #enter(entry: PxarEntry): Promise<void> {
    this.#guide.enter(entry);
    const names = this.#selection?.names;
    if (names !== undefined) await this.#guide.visitOnly(names);
  }

  async #leave(): Promise<void> {
    this.#lastLeft ??= this.lastPath;
    this.#guide.leave();
    this.#path.pop();
    if (this.#path.length > 0) this.#sink.leaveDirectory();
    await this.#inPlace?.leave();
  }

  /** Leaves out what the patterns cannot select. */
  #jump(): void {
    this.#mayJump = false;
    const decoder = this.#decoder;
    if (decoder.depth === 0) return;
    const stop = this.#guide.stopAfter(decoder.position);
    if (stop === undefined) return;
    if (stop.isEnd) decoder.jumpOut(stop.position);
    else decoder.jumpTo(stop.position);
  }

  #tellSelection(): void {
    if (this.#selection === undefined || this.#losses.any) return;
    this.parts.target.onSelected(this.#selection.selectedCount, this.#selection.unmatched);
  }

  /** Nothing of a file that is not complete stays. @returns Whether there was one. */
  dropFile(): boolean {
    if (this.#fileLeft < 0) return false;
    this.#fileLeft = -1;
    this.#sink.dropFile();
    return true;
  }

  /** Entries that are lost because something is damaged or missing. */
  get losses(): Losses {
    return this.#losses;
  }

  /** Path of the entry that was read last. */
  get lastPath(): Uint8Array {
    if (this.#lastLeft !== undefined) return this.#lastLeft;
    const names = this.#path.slice(1);
    const { kind, name } = this.#decoder.entry;
    return joinNames(kind === "directory" ? names : [...names, name]);
  }

  /** Names the archive, where an error of its decoder cannot. */
  failureOf(error: unknown): unknown {
    if (!(error instanceof CorruptDataError) || error instanceof DamagedChunkError) return error;
    return this.#named(error);
  }

  #named(error: CorruptDataError): CorruptDataError {
    return new CorruptDataError(`${this.parts.archive}: ${error.message}`, { cause: error });
  }

  /** The target, if it is made equal to the archive. */
  get inPlace(): InPlaceTarget | undefined {
    return this.#inPlace;
  }

  /** Gives back what is not the feed's. */
  release(): void {
    this.#inPlace?.release();
    this.parts.linkedContent[Symbol.dispose]();
    this.#releaseMetadata();
  }

  #releaseMetadata(): void {
    this.#metadataChunk?.release();
    this.#metadataChunk = undefined;
  }

  /** Bytes that the file at hand still lacks; -1 if there is no file at hand. */
  #fileLeft = -1;

  /** @returns Whether the content has to come from the payload stream. */
  #entry(entry: PxarEntry): boolean {
    this.#endFile();
    this.#lastLeft = undefined;
    this.parts.target.onEntry?.(entry);
    const sink = this.#sink;
    const metadata = entry.metadata;
    switch (entry.kind) {
      case "hardlink":
        sink.hardlink(entry.name, entry.target!);
        return false;
      case "directory":
        if (this.#path.length === 0) sink.root(metadata!);
        else sink.enterDirectory(entry.name, metadata!);
        this.#path.push(entry.name);
        return false;
      case "symlink":
        sink.symlink(entry.name, metadata!, entry.target!);
        return false;
      case "device":
        sink.device(entry.name, metadata!, entry.major, entry.minor);
        return false;
      case "fifo":
        sink.fifo(entry.name, metadata!);
        return false;
      case "socket":
        sink.socket(entry.name, metadata!);
        return false;
      case "file": {
        this.parts.observer.progress.files++;
        const wanted = sink.beginFile(entry.name, metadata!, entry.size);
        this.#fileLeft = entry.size;
        if (wanted && entry.payloadOffset >= 0) return true;
        if (!wanted) {
          this.#decoder.skipContent();
          this.#fileLeft = 0;
        }
        if (this.#fileLeft === 0) this.#endFile();
        return false;
      }
    }
  }

  #fileBytes(length: number): void {
    this.#fileLeft -= length;
    if (this.#fileLeft === 0) this.#endFile();
  }

  #endFile(): void {
    if (this.#fileLeft < 0) return;
    this.#fileLeft = -1;
    this.#sink.endFile();
  }

  async #splitContent(entry: PxarEntry): Promise<void> {
    const payload = this.#payload;
    const damage = this.#payloadDamage;
    if (
      damage !== undefined && entry.payloadOffset >= damage.start &&
      entry.payloadOffset < damage.end
    ) {
      this.#lose(damage);
      return;
    }
    payload.request(entry.payloadOffset, entry.size);
    for (;;) {
      switch (payload.next()) {
        case "data":
          this.#sink.data(payload.dataStart, payload.dataLength);
          await this.#inPlace?.compare();
          this.#fileBytes(payload.dataLength);
          break;
        case "need-input":
          if (!await this.#nextPayloadChunk()) return;
          break;
        case "done":
          this.#endFile();
          if (this.#inPlace?.mustWriteAgain) await this.#copies.writeAgain(entry);
          return;
      }
    }
  }

  async #nextArchiveChunk(): Promise<void> {
    this.parts.signal.throwIfAborted();
    const isSplit = this.parts.payloadChunks !== undefined;
    if (isSplit) this.#releaseMetadata();
    else await this.parts.feed.endChunk();
    const placed = await this.#fetchArchiveChunk();
    if (placed === "elsewhere") return;
    if (placed === undefined) {
      this.#decoder.end();
      return;
    }
    if (isSplit) this.#metadataChunk = placed;
    else this.parts.feed.use(placed);
    const { position } = this.#decoder;
    this.#decoder.feed(placed.chunk.bytes, Math.max(0, position - placed.offset));
  }

  /** @returns `elsewhere` if the decoder goes on after something that is lost. */
  async #fetchArchiveChunk(): Promise<PlacedChunk | "elsewhere" | undefined> {
    const decoder = this.#decoder;
    const chunks = this.parts.archiveChunks;
    for (;;) {
      // Chunks that hold only what nobody wants are never fetched.
      if (this.#fileLeft < 0 && decoder.contentLeft > 0) {
        chunks.skipTo(decoder.position + decoder.contentLeft);
        decoder.skipInput(Math.max(0, chunks.position - decoder.position));
      } else chunks.skipTo(decoder.position);
      try {
        return await this.#fetch(chunks);
      } catch (error) {
        if (!(error instanceof DamagedChunkError)) throw error;
        const length = error.end - Math.max(error.start, decoder.position);
        if (length > decoder.contentLeft) {
          if (await this.#goOnBehind(error)) return "elsewhere";
          throw error;
        }
        decoder.skipInput(length);
        decoder.skipContent();
        this.#lose(error);
      }
    }
  }

  /**
   * Finds out from the goodbye tables where the archive goes on after a chunk that cannot be had, and
   * names what is lost. A directory that begins in the chunk and ends behind it is made all the same.
   *
   * @returns false if there is no table to go by.
   */
  async #goOnBehind(damage: DamagedChunkError): Promise<boolean> {
    const decoder = this.#decoder;
    const goesIn = this.#selection === undefined && this.#inPlace === undefined;
    if (decoder.depth === 0 && !(goesIn && await this.#enterLostRoot(damage))) return false;
    const innermost = decoder.depth - 1;
    const begunName = decoder.begunName;
    const begun = begunName && { name: begunName, position: decoder.entry.position };
    for (let depth = innermost; depth >= 0; depth--) {
      const way = await this.#guide.wayOn(depth, {
        from: decoder.position,
        end: damage.end,
        begun: depth === innermost ? begun?.position : undefined,
        goesIn,
      });
      if (way === undefined) continue;
      const isMade = begun?.position === way.levels[1]?.directory.node.entry.position;
      if (this.#fileLeft >= 0) this.#lose(damage);
      else if (begun !== undefined && !isMade && this.#isWanted(begun.name)) {
        this.#losses.file(joinNames([...this.#path, begun.name]), damage);
      }
      let last = begun?.name ?? this.#lastName;
      for (let level = innermost; level > depth; level--) {
        await this.#loseRest(last, damage);
        last = this.#path.at(-1);
        await this.#leave();
      }
      this.#inPlace?.loseEntries();
      decoder.jumpTo(way.position, depth);
      await this.#loseEntries(way.levels, begun, damage);
      if (way.isEnd) decoder.jumpOut(way.position);
      return true;
    }
    return false;
  }

  /** Names what follows an entry in a directory whose table is lost as well. */
  async #loseRest(last: Uint8Array | undefined, damage: DamagedChunkError): Promise<void> {
    const tell = (name: Uint8Array) => {
      if (this.#isWanted(name)) this.#losses.file(joinNames([...this.#path, name]), damage);
    };
    const told = await this.parts.linkedContent.namesAfter?.(this.#path.slice(1), last, tell);
    if (told !== true) this.#losses.rest(this.#directoryPath(), damage);
    this.#inPlace?.loseEntries();
  }

  /** Name of the entry of the directory at hand that was read last; undefined if there was none. */
  get #lastName(): Uint8Array | undefined {
    const directory = joinNames(this.#path.slice(1));
    const behind = this.lastPath.subarray(directory.length + (directory.length > 0 ? 1 : 0));
    const end = behind.indexOf(0x2f);
    return behind.length === 0 ? undefined : end < 0 ? behind : behind.subarray(0, end);
  }

  /** Names what is lost of a directory, and goes into the ones of which only the start is lost. */
  async #loseEntries(
    levels: readonly LostEntries[],
    begun: { readonly name: Uint8Array; readonly position: number } | undefined,
    damage: DamagedChunkError,
  ): Promise<void> {
    for (const [index, { directory, lost }] of levels.entries()) {
      const next = levels[index + 1]?.directory;
      const at = next?.node.entry.position;
      const names = new Map(
        await this.parts.linkedContent.namesOf?.(
          this.#path.slice(1),
          directory,
          at === undefined ? lost : [...lost, at],
        ),
      );
      if (begun !== undefined) names.set(begun.position, begun.name);
      let nameless = 0;
      for (const position of lost) {
        const name = names.get(position);
        if (name === undefined) nameless++;
        else if (this.#isWanted(name)) this.#losses.file(joinNames([...this.#path, name]), damage);
      }
      if (nameless > 0) this.#losses.nameless(nameless, this.#directoryPath(), damage);
      if (next === undefined) return;
      this.#enterLost(next, names.get(at!) ?? new TextEncoder().encode(`lost-${at}`), damage);
    }
  }

  /** Goes into the root of an archive of which the start is lost. @returns Whether it has an end. */
  async #enterLostRoot(damage: DamagedChunkError): Promise<boolean> {
    try {
      const tree = await this.parts.linkedContent.treeWithoutStart?.();
      if (tree === undefined) return false;
      this.#withoutStart = tree;
      this.#enterLost(tree.root, new Uint8Array(0), damage);
      return true;
    } catch (error) {
      if (!(error instanceof CorruptDataError)) throw error;
      return false;
    }
  }

  #enterLost(directory: PxarDirectory, name: Uint8Array, damage: DamagedChunkError): void {
    this.#entry({ ...directory.node.entry, name });
    this.#guide.enterLost(directory);
    this.#decoder.enterLost(name, this.parts.payloadChunks === undefined ? 1 : 2);
    this.#losses.metadata(this.#directoryPath(), damage);
  }

  #isWanted(name: Uint8Array): boolean {
    return this.#selection?.isSelected(joinNames([...this.#path.slice(1), name])) ?? true;
  }

  #directoryPath(): Uint8Array {
    return this.#path.length <= 1 ? SLASH : joinNames(this.#path);
  }

  /** @returns false if the file at hand is lost. */
  async #nextPayloadChunk(): Promise<boolean> {
    this.parts.signal.throwIfAborted();
    await this.parts.feed.endChunk();
    // Chunks that hold only padding, or files nobody wants, are never fetched.
    this.parts.payloadChunks!.skipTo(this.#payload.wantedPosition);
    let placed: PlacedChunk | undefined;
    try {
      placed = await this.#fetch(this.parts.payloadChunks!);
    } catch (error) {
      if (!(error instanceof DamagedChunkError)) throw error;
      this.#payloadDamage = error;
      this.#payload.abandonTo(error.end);
      this.#lose(error);
      return false;
    }
    if (placed === undefined) {
      this.#payload.end();
      return true;
    }
    this.parts.feed.use(placed);
    this.#payload.feed(placed.chunk.bytes, placed.offset);
    return true;
  }

  /** Gives up the file at hand, which needs a damaged chunk; an empty one needs none. */
  #lose(damage: DamagedChunkError): void {
    if (this.#fileLeft === 0) {
      this.#endFile();
      return;
    }
    this.#noteLoss(damage);
    this.dropFile();
  }

  #noteLoss(cause: CorruptDataError): void {
    this.#losses.file(joinNames([...this.#path, this.#decoder.entry.name]), cause);
  }

  /** Says which entry is made without its attributes. */
  #noteDamage({ name, kind, damage }: PxarEntry): void {
    if (kind !== "directory" && !this.#isWanted(name)) return;
    const path = this.#path.length === 0 ? SLASH : joinNames([...this.#path, name]);
    this.#losses.attributes(path, damage!, this.parts.archive);
  }

  async #fetch(chunks: PlacedChunks): Promise<PlacedChunk | undefined> {
    const next = chunks.next();
    await this.parts.feed.giveBackUntil(next);
    const placed = await next;
    if (placed !== undefined) {
      this.parts.observer.progress.bytesDone = Math.max(
        this.parts.observer.progress.bytesDone,
        this.parts.archiveChunks.position + (this.parts.payloadChunks?.position ?? 0),
      );
    }
    return placed;
  }
}
