import { CorruptDataError, UsageError } from "../errors/mod.ts";
import { EXCLUDE_CLI_FILE_NAME, MatchEntry, type MatchList } from "../fs/mod.ts";
import type { PxarAccessor } from "../pxar/mod.ts";

/** Far more than a command line can hold. */
const MAX_BYTES = 4 * 1024 * 1024;
const NEWLINE = 0x0a;
const BANG = 0x21;
const PRELUDE_KEY = "exclude-patterns";

/**
 * The patterns of the command line that the backup was made with, as the archive records them
 * (spec: pxar.md §5.3.5): what they exclude was there, or not, for all the archive knows.
 *
 * @throws {CorruptDataError} if the record is damaged.
 */
export async function recordedExcludes(tree: PxarAccessor): Promise<MatchList> {
  const text = tree.version === 2 ? preludePatterns(tree.prelude) : await filePatterns(tree);
  const entries: MatchEntry[] = [];
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf(NEWLINE, start);
    const end = newline < 0 ? text.length : newline;
    const line = text.subarray(start, end);
    start = end + 1;
    if (line.length === 0) continue;
    try {
      entries.push(
        line[0] === BANG ? new MatchEntry(line.subarray(1), "include") : new MatchEntry(line),
      );
    } catch (cause) {
      if (!(cause instanceof UsageError)) throw cause;
      throw new CorruptDataError(`recorded exclude ${cause.message}`, { cause });
    }
  }
  return entries;
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
