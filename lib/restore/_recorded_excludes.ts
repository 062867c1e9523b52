import { CorruptDataError, UsageError } from "../errors/mod.ts";
import {
  EXCLUDE_CLI_FILE_NAME,
  MatchEntry,
  type MatchList,
  RECORDED_RULE_PREFIX,
  type WalkFilters,
} from "../fs/mod.ts";
import type { PxarAccessor } from "../pxar/mod.ts";

/** Far more than a command line can hold. */
const MAX_BYTES = 4 * 1024 * 1024;
const NEWLINE = 0x0a;
const BANG = 0x21;
const RULE = new TextEncoder().encode(RECORDED_RULE_PREFIX);
const PRELUDE_KEY = "exclude-patterns";

/** Excludes of an archive, as it tells of them itself. */
export interface RecordedExcludes {
  /** Patterns of the command line. */
  readonly patterns: MatchList;
  readonly filters: Omit<WalkFilters, "selection">;
  /** Rules that this program does not know, or that say that only what was listed is there. */
  readonly unclear: readonly string[];
}

/**
 * The excludes that the backup was made with, as the archive records them (spec: pxar.md §5.3.5):
 * what they exclude was there, or not, for all the archive knows.
 *
 * @throws {CorruptDataError} if the record is damaged.
 */
export async function recordedExcludes(tree: PxarAccessor): Promise<RecordedExcludes> {
  const text = await recordedExcludeText(tree);
  const patterns: MatchEntry[] = [];
  const rules: string[] = [];
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf(NEWLINE, start);
    const end = newline < 0 ? text.length : newline;
    const line = text.subarray(start, end);
    start = end + 1;
    if (line.length === 0) continue;
    if (RULE.every((byte, i) => byte === line[i])) {
      rules.push(new TextDecoder().decode(line.subarray(RULE.length)));
      continue;
    }
    try {
      patterns.push(
        line[0] === BANG ? new MatchEntry(line.subarray(1), "include") : new MatchEntry(line),
      );
    } catch (cause) {
      if (!(cause instanceof UsageError)) throw cause;
      throw new CorruptDataError(`recorded exclude ${cause.message}`, { cause });
    }
  }
  return { patterns, ...filtersOf(rules) };
}

/**
 * The text in which an archive records its excludes, wherever it has it; empty if there is none.
 *
 * @throws {CorruptDataError} if the record is damaged.
 */
export async function recordedExcludeText(tree: PxarAccessor): Promise<Uint8Array> {
  return tree.version === 2 ? preludePatterns(tree.prelude) : await filePatterns(tree);
}

function filtersOf(rules: readonly string[]): Omit<RecordedExcludes, "patterns"> {
  const filters: { -readonly [Key in keyof WalkFilters]: WalkFilters[Key] } = {};
  const unclear: string[] = [];
  const ifPresent: Uint8Array[] = [];
  for (const rule of rules) {
    const [word, value = ""] = rule.split(" ");
    if (word === "exclude-caches") filters.caches = true;
    else if (word === "exclude-gitignore") filters.gitignore = true;
    else if (word === "exclude-if-present") ifPresent.push(bytesOf(value));
    else if (word === "exclude-larger-than" && /^[0-9]{1,16}$/.test(value)) {
      filters.largerThanBytes = Number(value);
    } else if (word !== "one-file-system") unclear.push(rule);
  }
  if (ifPresent.length > 0) filters.ifPresent = ifPresent;
  return { filters, unclear };
}

/** Bytes of a text in which some are written as in addresses of the web. */
function bytesOf(text: string): Uint8Array {
  const plain = text.replace(
    /%([0-9A-F]{2})/g,
    (_, digits: string) => String.fromCharCode(parseInt(digits, 16)),
  );
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}

function preludePatterns(prelude: Uint8Array | undefined): Uint8Array {
  if (prelude === undefined) return new Uint8Array();
  try {
    const record: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(prelude));
    const patterns = (record as Record<string, unknown> | null)?.[PRELUDE_KEY] ?? "";
    if (typeof patterns !== "string") throw new TypeError(`"${PRELUDE_KEY}" is no text`);
    return new TextEncoder().encode(patterns);
  } catch (cause) {
    throw new CorruptDataError("the prelude of the archive is no record of exclude patterns", {
      cause,
    });
  }
}

async function filePatterns(tree: PxarAccessor): Promise<Uint8Array> {
  const node = await tree.lookupPath(new TextEncoder().encode(EXCLUDE_CLI_FILE_NAME));
  if (node?.entry.kind !== "file") return new Uint8Array();
  const { access, offset, size } = await tree.content(node.entry);
  if (size > MAX_BYTES) throw new CorruptDataError(`${EXCLUDE_CLI_FILE_NAME} has ${size} bytes`);
  return await access.read(offset, size);
}
