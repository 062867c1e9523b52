import { quotePath } from "../bytes/mod.ts";
import { UsageError } from "../errors/mod.ts";
import { listLines, trimLine } from "./list_lines.ts";
import { MatchEntry } from "./match_entry.ts";
import { normaliseMatchPath } from "./match_normalise.ts";

const HASH = 0x23;

/**
 * The patterns of a file that is named on the command line: one a line, as `--exclude` takes them,
 * between blank lines and comments.
 *
 * @param name Name of the file in messages.
 * @throws {UsageError} that names all lines that are no patterns.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const content = new TextEncoder().encode("# mine\n*.tmp\n\n !keep.tmp\n");
 * const texts = parseExcludeList(content, "list").map((line) => new TextDecoder().decode(line));
 * assertEquals(texts, ["*.tmp", "!keep.tmp"]);
 * ```
 */
export function parseExcludeList(content: Uint8Array, name: string): Uint8Array[] {
  const patterns: Uint8Array[] = [];
  const problems: string[] = [];
  let number = 0;
  for (const full of listLines(content)) {
    number++;
    const line = trimLine(full);
    if (line.length === 0 || line[0] === HASH) continue;
    try {
      const pattern = normaliseMatchPath(line);
      if (pattern.length === 0 || pattern.length === 1 && pattern[0] === 0x21) {
        throw new UsageError(`pattern ${quotePath(line)}: it names nothing`);
      }
      new MatchEntry(pattern);
      patterns.push(pattern);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      problems.push(`line ${number}: ${error.message}`);
    }
  }
  if (problems.length > 0) throw new UsageError(`exclude file ${name}: ${told(problems)}`);
  return patterns;
}

const TOLD_MAX = 5;

/** The first ones of many: a file that is no list at all has a lot of them. */
function told(problems: readonly string[]): string {
  const more = problems.length - TOLD_MAX;
  const shown = problems.slice(0, TOLD_MAX).join("; ");
  return more > 0 ? `${shown}; ${more} more lines are no patterns` : shown;
}
