import { Turns } from "../chunking/mod.ts";
import { evaluateMatchList, type MatchList, MatchReach } from "../fs/mod.ts";
import type { ArchiveNames } from "./archive_names.ts";
import { PathBytes } from "./_path_bytes.ts";

/** Exact paths that are looked for beside patterns. */
export interface WantedPaths {
  /** Whether a path is one of them. */
  hasPath(path: Uint8Array): boolean;
  /** Whether some lie below a directory. */
  leadsTo(directory: Uint8Array): boolean;
}

const NO_PATHS: WantedPaths = { hasPath: () => false, leadsTo: () => false };

/**
 * Paths that patterns, or paths, select, in the order of the archive. An excluding match prunes what
 * is below; what is below an including one is looked through as well (spec: client-pipeline.md §7.3).
 * Directories that nothing can match in are not read.
 *
 * @param patterns Tested against the path from the root.
 * @returns A path stays as it is until the next one.
 */
export async function* findMatches(
  names: ArchiveNames,
  patterns: MatchList,
  paths: WantedPaths = NO_PATHS,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const turns = new Turns();
  const pathBytes = new PathBytes();
  /** Reach of the patterns in each directory that is open. */
  const reaches = [MatchReach.of(patterns)];
  let isEntered = false;
  for await (const { entry, path } of names.walk(() => isEntered)) {
    await turns.give();
    signal?.throwIfAborted();
    const bytes = pathBytes.of(path);
    const isDirectory = entry.type === "d";
    const match = evaluateMatchList(patterns, bytes, isDirectory);
    const leadsOn = isDirectory && paths.leadsTo(bytes);
    if (isDirectory) {
      const below = reaches[path.length - 1]!.below(entry.name);
      reaches[path.length] = below;
      isEntered = leadsOn || match !== "exclude" && below.names?.length !== 0;
    }
    if (match === "include" || match !== "exclude" && paths.hasPath(bytes)) yield bytes;
  }
}
