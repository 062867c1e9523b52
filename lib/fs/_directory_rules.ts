import { ByteWriter, concatBytes } from "../bytes/mod.ts";
import type { TreeCapture } from "../../ffi/capture.ts";
import { MarkKind } from "../../ffi/native_layout.ts";
import { UsageError } from "../errors/mod.ts";
import { parseExcludeFile } from "./exclude_file.ts";
import { GITIGNORE_NAME, parseGitignore } from "./gitignore.ts";
import { MatchEntry } from "./match_entry.ts";
import { compileMatchList } from "./match_program.ts";
import type { WalkOptions } from "./walk_options.ts";

/** A name that says something about its directory. */
interface Mark {
  readonly kind: "cache" | "present" | "repository" | "ignore";
  readonly name: Uint8Array;
  readonly told: (typeof MarkKind)[keyof typeof MarkKind];
}

const encoder = new TextEncoder();
const CACHE_TAG = encoder.encode("CACHEDIR.TAG");
/** The first bytes of a tag, by the cache directory tagging specification. */
const CACHE_SIGNATURE = encoder.encode("Signature: 8a477f597d28d172789f06886806bc55");
const GIT_DIRECTORY = encoder.encode(".git");
const GITIGNORE = encoder.encode(GITIGNORE_NAME);

/**
 * Rules that a walk finds on its way: exclude files, and names that mark their directory. What they
 * say is collected until the native core waits for it.
 */
export class DirectoryRules {
  readonly #capture: TreeCapture;
  readonly #options: WalkOptions;
  readonly #marks: readonly Mark[];
  /** How deep the working trees lie that the walk is in. */
  readonly #repositories: number[] = [];
  #patterns: Uint8Array<ArrayBuffer>[] = [];
  #ignores: MatchEntry[] = [];
  #beginsRepository = false;
  #kept: Uint8Array[] = [];

  constructor(capture: TreeCapture, options: WalkOptions) {
    this.#capture = capture;
    this.#options = options;
    this.#marks = marksOf(options);
  }

  /** Tells the native core what to look for; before the walk. */
  begin(): void {
    const selection = this.#options.filters?.selection;
    if (selection !== undefined) this.#capture.select(selection.paths);
    if (this.#marks.length === 0) return;
    const writer = new ByteWriter();
    for (const { name, told } of this.#marks) {
      writer.u32(told);
      writer.u32(name.byteLength);
      writer.bytes(name);
    }
    this.#capture.watch(writer.finish());
  }

  /** Name of the mark at an index of those that are looked for. */
  nameOf(index: number): Uint8Array {
    return this.#marks[index]!.name;
  }

  /** Takes the patterns of a `.pxarexclude`. @param path Path of the file. */
  addExcludeFile(content: Uint8Array, directory: Uint8Array, path: Uint8Array): void {
    const list = parseExcludeFile(content, directory, ({ kind, detail }) => {
      this.#options.onWarning?.({ kind, path, detail });
    });
    this.#patterns.push(compileMatchList(list));
  }

  /**
   * Takes what a mark says.
   *
   * @param text As much of its content as was asked for.
   * @param depth How many directories the walk is in, without the root.
   */
  addMark(index: number, text: Uint8Array, directory: Uint8Array, depth: number): void {
    const { kind, name } = this.#marks[index]!;
    switch (kind) {
      case "cache":
        if (CACHE_SIGNATURE.some((byte, at) => byte !== text[at])) return;
        return this.#keep(name, depth);
      case "present":
        return this.#keep(name, depth);
      case "repository":
        this.#repositories.push(depth);
        this.#beginsRepository = true;
        return;
      case "ignore":
        if (this.#repositories.length > 0) this.#addRules(text, directory);
    }
  }

  #addRules(text: Uint8Array, directory: Uint8Array): void {
    try {
      this.#ignores = parseGitignore(text, directory);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      const path = concatBytes([
        directory,
        new Uint8Array(directory.length > 0 ? [0x2f] : []),
        GITIGNORE,
      ]);
      this.#options.onWarning?.({ kind: "exclude-file", path, detail: error.message });
    }
  }

  /** Takes that a mark is no regular file: no tag then, and no rules. @param path Path of it. */
  refuse(index: number, path: Uint8Array): void {
    if (this.#marks[index]!.kind === "cache") return;
    const detail = "it is no regular file";
    this.#options.onWarning?.({ kind: "exclude-file", path, detail });
  }

  /** Hands over what was collected; the native core waits for it. */
  apply(): void {
    for (const program of this.#patterns) this.#capture.addPatterns(program);
    this.#patterns = [];
    if (this.#beginsRepository || this.#ignores.length > 0) {
      // No rule of Git is about its own folder.
      const rules = this.#ignores.length === 0
        ? []
        : [...this.#ignores, new MatchEntry(GIT_DIRECTORY, "include")];
      this.#capture.addIgnores(compileMatchList(rules), this.#beginsRepository);
      this.#beginsRepository = false;
      this.#ignores = [];
    }
    if (this.#kept.length === 0) return;
    const writer = new ByteWriter();
    for (const name of this.#kept) {
      writer.bytes(name);
      writer.u8(0);
    }
    this.#capture.keep(writer.finish());
    this.#kept = [];
  }

  /** A directory ends. @param depth How many directories the walk is in, without the root. */
  leave(depth: number): void {
    if (this.#repositories.at(-1) === depth) this.#repositories.pop();
  }

  #keep(name: Uint8Array, depth: number): void {
    this.#kept.push(name);
    if (depth === 0) this.#options.onWarning?.({ kind: "source-marked", path: name });
  }
}

function marksOf({ filters }: WalkOptions): Mark[] {
  const marks: Mark[] = [];
  if (filters?.caches) marks.push({ kind: "cache", name: CACHE_TAG, told: MarkKind.Head });
  for (const name of filters?.ifPresent ?? []) {
    marks.push({ kind: "present", name, told: MarkKind.Name });
  }
  if (filters?.gitignore) {
    marks.push({ kind: "repository", name: GIT_DIRECTORY, told: MarkKind.Name });
    marks.push({ kind: "ignore", name: GITIGNORE, told: MarkKind.Content });
  }
  return marks;
}
