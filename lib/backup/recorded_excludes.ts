import { concatBytes } from "../bytes/mod.ts";
import { formatMatchList, type MatchList, RECORDED_RULE_PREFIX } from "../fs/mod.ts";
import type { TreeDestination } from "./_tree_visitor.ts";

const QUESTION = "?".charCodeAt(0);

/**
 * How an archive records the exclude patterns of the command line: as a generated file, or in the
 * prelude of a split archive (spec: pxar.md §5.3.5). Nothing if there are none.
 *
 * What else was left out has its lines behind the patterns: no other program reads these texts, but
 * people do, and our restore.
 *
 * @param rules From `describeLeaveOut`.
 */
export function recordedExcludes(
  excludes: MatchList,
  isSplit: boolean,
  rules: readonly string[] = [],
): Pick<TreeDestination, "prelude" | "excludeCliFile"> {
  const lines = rules.map((rule) => `${RECORDED_RULE_PREFIX}${rule}\n`).join("");
  const content = concatBytes([formatMatchList(excludes), new TextEncoder().encode(lines)]);
  if (content.byteLength === 0) return {};
  if (isSplit) {
    const record = { "exclude-patterns": asText(content) };
    return { prelude: new TextEncoder().encode(JSON.stringify(record)) };
  }
  return {
    excludeCliFile: {
      content,
      metadata: {
        mode: 0o100600,
        flags: 0,
        uid: Deno.uid() ?? 0,
        gid: Deno.gid() ?? 0,
        mtimeSecs: 0,
        mtimeNanos: 0,
      },
    },
  };
}

/** Patterns as text: a byte that is none becomes the wildcard for one byte, which matches it too. */
function asText(content: Uint8Array): string {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    return decoder.decode(content);
  } catch {
    return decoder.decode(withoutStrayBytes(content));
  }
}

function withoutStrayBytes(content: Uint8Array): Uint8Array {
  const result = content.slice();
  for (let at = 0; at < content.length;) {
    const length = sequenceLength(content, at);
    if (length === 0) result[at] = QUESTION;
    at += Math.max(length, 1);
  }
  return result;
}

/** Length of the UTF-8 sequence at a place, 0 if there is none. */
function sequenceLength(bytes: Uint8Array, start: number): number {
  const first = bytes[start]!;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  try {
    const sequence = bytes.subarray(start, start + length);
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(sequence);
    return sequence.length === length ? length : 0;
  } catch {
    return 0;
  }
}
