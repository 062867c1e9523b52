import { RE2JS } from "re2js";
import { UsageError } from "../errors/mod.ts";
import {
  BACKUP_TYPES,
  type BackupGroup,
  formatGroupPath,
  isBackupType,
  parseGroupPath,
} from "../repository/mod.ts";

/** Repetitions may make an expression a thousand times as large when it is read. */
const MAX_EXPRESSION_LENGTH = 1024;

/** Rule about which groups are meant, as jobs of the reference server have them. */
export interface GroupFilter {
  readonly excludes: boolean;
  /** Text without `include:` or `exclude:`. */
  readonly text: string;
  readonly matches: (group: BackupGroup) => boolean;
}

/**
 * Reads a filter: `type:TYPE`, `group:TYPE/ID` or `regex:EXPRESSION` (of `type/id`), each with
 * `include:` or `exclude:` in front.
 *
 * @throws {UsageError} if it is none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const filter = parseGroupFilter("exclude:type:vm");
 * assertEquals(filter.excludes, true);
 * assertEquals(filter.matches({ type: "vm", id: "100" }), true);
 * ```
 */
export function parseGroupFilter(words: string): GroupFilter {
  const [, sense, text = ""] = /^(include:|exclude:)?(.*)$/s.exec(words)!;
  const excludes = sense === "exclude:";
  const at = text.indexOf(":");
  const [kind, value] = [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
  return { excludes, text, matches: matcherOf(kind, value, words) };
}

function matcherOf(kind: string, value: string, words: string): GroupFilter["matches"] {
  if (kind === "type") {
    if (isBackupType(value)) return ({ type }) => type === value;
    throw new UsageError(
      `group filter "${words}": "${value}" is none of the types ${BACKUP_TYPES.join(", ")}`,
    );
  }
  if (kind === "group") {
    const path = formatGroupPath(parseGroupPath(value));
    return (group) => formatGroupPath(group) === path;
  }
  if (kind === "regex") {
    const pattern = linearPattern(value, words);
    return (group) => pattern.test(formatGroupPath(group));
  }
  throw new UsageError(
    `group filter "${words}": expected type:TYPE, group:TYPE/ID or regex:EXPRESSION, ` +
      "with include: or exclude: in front",
  );
}

/** Whether filters let a group pass: one that includes if there are any, and none that excludes. */
export function passesFilters(group: BackupGroup, filters: readonly GroupFilter[]): boolean {
  const including = filters.filter(({ excludes }) => !excludes);
  return (including.length === 0 || including.some(({ matches }) => matches(group))) &&
    !filters.some(({ excludes, matches }) => excludes && matches(group));
}

/** An expression whose time grows with the text alone: users of a server may write it. */
function linearPattern(expression: string, words: string): RE2JS {
  if (expression.length > MAX_EXPRESSION_LENGTH) {
    throw new UsageError(
      `group filter with an expression of ${expression.length} characters: ` +
        `it may have ${MAX_EXPRESSION_LENGTH}`,
    );
  }
  try {
    return RE2JS.compile(expression);
  } catch (cause) {
    throw new UsageError(`group filter "${words}": the expression is not valid`, { cause });
  }
}
