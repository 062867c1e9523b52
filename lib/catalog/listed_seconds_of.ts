import type { PxarEntry } from "../pxar/mod.ts";

/**
 * The time of an entry in a listing of a split archive, which has no catalog: whole seconds since the
 * epoch, towards zero before it; 0 for everything but files (spec: pxar.md §7.6).
 */
export function listedSecondsOf({ kind, metadata }: PxarEntry): number {
  if (kind !== "file" || metadata === undefined) return 0;
  const { mtimeSecs, mtimeNanos } = metadata;
  return mtimeSecs < 0 && mtimeNanos > 0 ? mtimeSecs + 1 : mtimeSecs;
}
