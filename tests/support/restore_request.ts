import type { RestoreRequest } from "../../lib/restore/mod.ts";

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
    allowExistingDirs: false,
    overwriteFiles: false,
    overwriteSymlinks: false,
    overwriteHardlinks: false,
    overwriteOthers: false,
    ignoreAcls: false,
    ignoreFcaps: false,
    ignoreFlags: false,
    ignoreXattrs: false,
    ignoreOwnership: false,
    ignorePermissions: false,
    ignoreExtractDeviceErrors: false,
    signal: new AbortController().signal,
  };
}
