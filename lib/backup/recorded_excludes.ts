import { formatMatchList, type MatchList } from "../fs/mod.ts";
import type { TreeDestination } from "./_tree_visitor.ts";

/**
 * How an archive records the exclude patterns of the command line: as a generated file, or in the
 * prelude of a split archive (spec: pxar.md §5.3.5). Nothing if there are none.
 */
export function recordedExcludes(
  excludes: MatchList,
  isSplit: boolean,
): Pick<TreeDestination, "prelude" | "excludeCliFile"> {
  const content = formatMatchList(excludes);
  if (content.byteLength === 0) return {};
  if (isSplit) {
    const record = { "exclude-patterns": new TextDecoder().decode(content) };
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
