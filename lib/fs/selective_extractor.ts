import type { EntryMetadata } from "../pxar/mod.ts";
import type { ExtractSink } from "./extract_sink.ts";
import type { MatchType } from "./match_entry.ts";
import { evaluateMatchList, type MatchList } from "./match_list.ts";
import { MatchReach } from "./match_reach.ts";

const SLASH = 0x2f;

interface Level {
  readonly name: Uint8Array;
  readonly metadata: EntryMetadata;
  /** Bytes of the path up to and with the parent's slash. */
  readonly pathLength: number;
  /** Whether entries that no pattern matches are selected. */
  readonly selected: boolean;
  readonly reach: MatchReach;
}

/** How a {@linkcode SelectiveExtractor} treats what patterns leave open. */
export interface SelectiveExtractorOptions {
  /**
   * Called instead of making a hard link that is selected while its target is not. The parents of
   * the link exist then; the callee may make a file of that name through the inner extractor.
   * Without it the link is tried, and is an error unless the target exists already.
   */
  readonly onUnselectedTarget?: (name: Uint8Array, targetPath: Uint8Array) => void;
}

/**
 * Passes on only what match patterns select (spec: pxar.md §6.2). A matched directory includes what
 * is below, until another pattern says otherwise; directories on the way to a selected entry are
 * made when the first one below is; their metadata must stay as it is until they are left. The root
 * is never matched.
 */
export class SelectiveExtractor implements ExtractSink {
  readonly #inner: ExtractSink;
  readonly #list: MatchList;
  readonly #options: SelectiveExtractorOptions;
  readonly #levels: Level[] = [];
  /** How many of the levels were entered in the inner extractor. */
  #made = 0;
  #path: Uint8Array<ArrayBuffer> = Uint8Array.of(SLASH);
  #pathLength = 1;
  #fileSelected = false;
  /** Positions of the patterns that have matched nothing yet. */
  readonly #unmatched: Set<number>;
  readonly #rootReach: MatchReach;
  #hasLeftOut = false;
  #selectedCount = 0;

  /**
   * @param inner Makes what is selected.
   * @param list Patterns of the absolute path in the archive; empty selects everything.
   */
  constructor(inner: ExtractSink, list: MatchList, options: SelectiveExtractorOptions = {}) {
    this.#inner = inner;
    this.#list = list;
    this.#options = options;
    this.#unmatched = new Set(list.keys());
    this.#rootReach = MatchReach.of(list);
  }

  /**
   * Names in the innermost directory that have to be passed on here, whatever their order; all
   * others, with what is below them, may be left out. Undefined for all.
   */
  get names(): readonly Uint8Array[] | undefined {
    const level = this.#levels.at(-1);
    if (level?.selected ?? this.#list.length === 0) return undefined;
    const names = (level?.reach ?? this.#rootReach).names;
    this.#hasLeftOut ||= names !== undefined;
    return names;
  }

  /** Entries that were passed on, without the root and directories on the way to others. */
  get selectedCount(): number {
    return this.#selectedCount;
  }

  /**
   * Positions of the patterns that have matched nothing so far, in order; excluding ones only if
   * everything was passed on.
   */
  get unmatched(): number[] {
    const unmatched = [...this.#unmatched];
    return this.#hasLeftOut
      ? unmatched.filter((i) => this.#list[i]!.type === "include")
      : unmatched;
  }

  root(metadata: EntryMetadata): void {
    this.#inner.root(metadata);
  }

  enterDirectory(name: Uint8Array, metadata: EntryMetadata): void {
    const selected = this.#selects(name, true);
    const pathLength = this.#pathLength;
    this.#pathLength += name.length + 1;
    this.#path[this.#pathLength - 1] = SLASH;
    const reach = (this.#levels.at(-1)?.reach ?? this.#rootReach).below(name);
    this.#levels.push({ name: name.slice(), metadata, pathLength, selected, reach });
    if (!selected) return;
    this.#selectedCount++;
    this.#makeParents();
  }

  leaveDirectory(): void {
    const level = this.#levels.pop();
    if (level === undefined) throw new RangeError("no directory to leave");
    this.#pathLength = level.pathLength;
    if (this.#made > this.#levels.length) {
      this.#made--;
      this.#inner.leaveDirectory();
    }
  }

  beginFile(name: Uint8Array, metadata: EntryMetadata, sizeBytes: number): boolean {
    this.#fileSelected = this.#wants(name) && this.#inner.beginFile(name, metadata, sizeBytes);
    return this.#fileSelected;
  }

  data(offset: number, lengthBytes: number): void {
    if (this.#fileSelected) this.#inner.data(offset, lengthBytes);
  }

  endFile(): void {
    if (this.#fileSelected) this.#inner.endFile();
    this.#fileSelected = false;
  }

  dropFile(): void {
    if (this.#fileSelected) this.#inner.dropFile();
    this.#fileSelected = false;
  }

  symlink(name: Uint8Array, metadata: EntryMetadata, target: Uint8Array): void {
    if (this.#wants(name)) this.#inner.symlink(name, metadata, target);
  }

  hardlink(name: Uint8Array, targetPath: Uint8Array): void {
    if (!this.#wants(name)) return;
    const { onUnselectedTarget } = this.#options;
    if (onUnselectedTarget !== undefined && !this.isSelected(targetPath)) {
      onUnselectedTarget(name, targetPath);
    } else {
      this.#inner.hardlink(name, targetPath);
    }
  }

  device(name: Uint8Array, metadata: EntryMetadata, major: number, minor: number): void {
    if (this.#wants(name)) this.#inner.device(name, metadata, major, minor);
  }

  fifo(name: Uint8Array, metadata: EntryMetadata): void {
    if (this.#wants(name)) this.#inner.fifo(name, metadata);
  }

  socket(name: Uint8Array, metadata: EntryMetadata): void {
    if (this.#wants(name)) this.#inner.socket(name, metadata);
  }

  /**
   * Whether the patterns select an entry.
   *
   * @param path Path in the archive without leading slash, such as the target of a hard link.
   */
  isSelected(path: Uint8Array, isDirectory = false): boolean {
    const absolute = new Uint8Array(path.length + 1);
    absolute[0] = SLASH;
    absolute.set(path, 1);
    let selected = this.#list.length === 0;
    for (let at = 1; at <= absolute.length; at++) {
      const end = at === absolute.length;
      if (!end && absolute[at] !== SLASH) continue;
      const match = evaluateMatchList(this.#list, absolute.subarray(0, at), !end || isDirectory);
      if (match !== undefined) selected = match === "include";
    }
    return selected;
  }

  /** Evaluates the patterns; the path of the entry is in `#path` afterwards, up to its name. */
  #selects(name: Uint8Array, isDirectory: boolean): boolean {
    const current = this.#levels.at(-1)?.selected ?? this.#list.length === 0;
    const end = this.#pathLength + name.length;
    if (this.#path.length < end + 1) {
      const grown = new Uint8Array((end + 1) * 2);
      grown.set(this.#path.subarray(0, this.#pathLength));
      this.#path = grown;
    }
    this.#path.set(name, this.#pathLength);
    if (this.#list.length === 0) return current;
    const match = this.#evaluate(this.#path.subarray(0, end), isDirectory);
    return match === undefined ? current : match === "include";
  }

  /** The list's verdict on a path; notes also the patterns that match and do not decide. */
  #evaluate(path: Uint8Array, isDirectory: boolean): MatchType | undefined {
    const list = this.#list;
    for (let i = list.length - 1; i >= 0; i--) {
      if (!list[i]!.matches(path, isDirectory)) continue;
      this.#unmatched.delete(i);
      for (const lower of this.#unmatched) {
        if (lower < i && list[lower]!.matches(path, isDirectory)) this.#unmatched.delete(lower);
      }
      return list[i]!.type;
    }
    return undefined;
  }

  #wants(name: Uint8Array): boolean {
    if (!this.#selects(name, false)) return false;
    this.#selectedCount++;
    this.#makeParents();
    return true;
  }

  #makeParents(): void {
    while (this.#made < this.#levels.length) {
      const level = this.#levels[this.#made++]!;
      this.#inner.enterDirectory(level.name, level.metadata);
    }
  }
}
