import { concatBytes, quotePath } from "../bytes/mod.ts";
import { PbsError } from "../errors/mod.ts";
import {
  EXCLUDE_FILE_NAME,
  listLocalFolder,
  type MatchList,
  parseExcludeFile,
  type WalkOptions,
} from "../fs/mod.ts";
import { keyOfName, type VisitedDirectory } from "./_plan_tree.ts";
import { readSource } from "./_source_file.ts";
import { withSourceStat } from "./_source_stat.ts";
import type { LeftOut } from "./plan.ts";

const SLASH = Uint8Array.of(0x2f);
const EXCLUDE_FILE = new TextEncoder().encode(EXCLUDE_FILE_NAME);
/** Name of the tag of caches; a directory whose tag is none loses nothing. */
const CACHE_TAG = "CACHEDIR.TAG";
/** More than the walk takes of an exclude file. */
const EXCLUDE_FILE_LIMIT = 16 * 1024 * 1024;

/** Patterns and where they are from. */
interface RuleSource {
  readonly patterns: MatchList;
  readonly name: string;
}

/**
 * Search for what a walk leaves out, and for the rules that did it. It compares what the walk has
 * told with what lies in each directory, so nothing is missed whatever left it out.
 */
export class LeftOutSearch {
  readonly found: LeftOut[] = [];
  readonly #excludeFiles = new Map<string, Promise<MatchList>>();
  /** Paths of directories whose contents the walk did not enter, and of entries it has told of. */
  readonly #told = new Set<string>();

  /**
   * @param source Path of the source, raw bytes.
   * @param rules Patterns of the command line and the other rules that hold for the walk.
   */
  constructor(
    private readonly source: Uint8Array,
    private readonly rules: Pick<WalkOptions, "excludes" | "filters">,
    private readonly signal: AbortSignal,
  ) {}

  /** Notes a path of which the walk itself has said that, and why, something is missing. */
  addTold(path: Uint8Array): void {
    this.#told.add(keyOfName(path));
  }

  /** Looks for what is missing of a directory. */
  async search({ path, names }: VisitedDirectory): Promise<void> {
    if (this.#told.has(keyOfName(path))) return;
    const folder = this.#fullPath(path);
    const missing = listLocalFolder(concatBytes([folder, SLASH]))
      .filter(({ name }) => !names.has(keyOfName(name)));
    if (missing.length === 0) return;
    const mark = this.#markAmong(names);
    const rules = await this.#rulesAt(path);
    for (const { name, isDirectory } of missing) {
      const entry = path.length === 0 ? name : concatBytes([path, SLASH, name]);
      if (this.#told.has(keyOfName(entry))) continue;
      const reason = mark ?? reasonFor(entry, isDirectory, rules) ??
        this.#otherReason(entry, isDirectory);
      this.found.push({ path: entry, isDirectory, reason });
    }
  }

  /** The rule by which a name in a directory says that the rest is to be left out. */
  #markAmong(names: ReadonlySet<string>): string | undefined {
    const { caches, ifPresent = [] } = this.rules.filters ?? {};
    const present = ifPresent.find((name) => names.has(keyOfName(name)));
    if (present !== undefined) return `--exclude-if-present ${quotePath(present)}`;
    return caches && names.has(CACHE_TAG) ? "--exclude-caches" : undefined;
  }

  /** The rule that is left when no pattern matches. */
  #otherReason(path: Uint8Array, isDirectory: boolean): string {
    const { largerThanBytes, gitignore, selection } = this.rules.filters ?? {};
    if (largerThanBytes !== undefined && !isDirectory) {
      const size = withSourceStat(this.#fullPath(path), (stat) => stat.size);
      if (size > largerThanBytes) return `--exclude-larger-than, ${size} bytes`;
    }
    const possible = [
      ...(selection === undefined ? [] : ["--files-from: it is not listed"]),
      ...(gitignore ? ["--exclude-gitignore"] : []),
    ];
    return possible.length > 0 ? possible.join(", or ") : "it was not there yet";
  }

  #fullPath(path: Uint8Array): Uint8Array {
    return path.length === 0 ? this.source : concatBytes([this.source, SLASH, path]);
  }

  /** Sources of patterns that hold in a directory; the last that matches decides. */
  async #rulesAt(path: Uint8Array): Promise<RuleSource[]> {
    const rules: RuleSource[] = [
      { patterns: this.rules.excludes ?? [], name: "--exclude" },
    ];
    for (const directory of ancestorsOf(path)) {
      const file = directory.length === 0
        ? EXCLUDE_FILE
        : concatBytes([directory, SLASH, EXCLUDE_FILE]);
      const patterns = await this.#excludeFile(directory, file);
      if (patterns.length > 0) rules.push({ patterns, name: quotePath(file) });
    }
    return rules;
  }

  #excludeFile(directory: Uint8Array, file: Uint8Array): Promise<MatchList> {
    const key = keyOfName(file);
    let reading = this.#excludeFiles.get(key);
    if (reading === undefined) {
      reading = this.#readExcludeFile(directory, file);
      this.#excludeFiles.set(key, reading);
    }
    return reading;
  }

  /** The walk has told of those that cannot be read, and of bad lines. */
  async #readExcludeFile(directory: Uint8Array, file: Uint8Array): Promise<MatchList> {
    try {
      const content = await readSource(this.#fullPath(file), EXCLUDE_FILE_LIMIT, this.signal);
      return parseExcludeFile(content, directory, () => {});
    } catch (error) {
      this.signal.throwIfAborted();
      if (!(error instanceof PbsError)) throw error;
      return [];
    }
  }
}

/** The directories that a path lies in, and itself: the source first. */
function ancestorsOf(path: Uint8Array): Uint8Array[] {
  const ancestors: Uint8Array[] = [new Uint8Array()];
  for (let i = 0; i < path.length; i++) {
    if (path[i] === SLASH[0]) ancestors.push(path.subarray(0, i));
  }
  if (path.length > 0) ancestors.push(path);
  return ancestors;
}

function reasonFor(
  path: Uint8Array,
  isDirectory: boolean,
  rules: readonly RuleSource[],
): string | undefined {
  const rooted = concatBytes([SLASH, path]);
  for (const { patterns, name } of rules.toReversed()) {
    const decisive = patterns.findLast((entry) => entry.matches(rooted, isDirectory));
    if (decisive === undefined) continue;
    if (decisive.type === "exclude") return `${name} ${quotePath(decisive.pattern)}`;
    break;
  }
  return undefined;
}
