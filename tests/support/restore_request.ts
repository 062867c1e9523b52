import { PLAIN_RESTORE, type RestoreRequest } from "../../lib/restore/mod.ts";

/** A request for everything in an archive, with all of its metadata, into a new target. */
export function restoreRequest(
  source: RestoreRequest["source"],
  archiveName: string,
  target: string,
): RestoreRequest {
  return {
    source,
    archiveName,
    target: new TextEncoder().encode(target),
    patterns: [],
    ...PLAIN_RESTORE,
    signal: new AbortController().signal,
  };
}
