import { openFile, OpenFlag, statPath } from "../../ffi/posix_files.ts";
import { EXCLUDE_CLI_FILE_NAME, type ExistingEntry } from "../fs/mod.ts";
import { joinNames } from "./_join_names.ts";

/** Name of the entry of an archive's root that no walk tells of (spec: pxar.md §5.3.5). */
export const EXCLUDE_RECORD: Uint8Array = new TextEncoder().encode(EXCLUDE_CLI_FILE_NAME);

/**
 * The record of exclude patterns that an earlier restore has made in a target.
 *
 * @param target Raw bytes of the target's path.
 * @param keepsFile Whether it comes with a descriptor.
 * @returns undefined if there is none, or something else in its place.
 */
export function findExcludeRecord(
  target: Uint8Array,
  keepsFile: boolean,
): ExistingEntry | undefined {
  const path = new Uint8Array(joinNames([target, EXCLUDE_RECORD]));
  const found = statPath(path);
  if (typeof found === "number" || !found.isFile) return undefined;
  const fd = keepsFile ? openFile(path, OpenFlag.READ | OpenFlag.NOFOLLOW) : -1;
  return {
    kind: "file",
    name: EXCLUDE_RECORD,
    metadata: {
      mode: found.mode,
      uid: found.uid,
      gid: found.gid,
      mtimeSecs: found.modificationTime,
      mtimeNanos: found.modificationTimeNanoseconds,
      flags: 0,
    },
    sizeBytes: found.size,
    fd: Math.max(fd, -1),
    isShared: false,
    major: 0,
    minor: 0,
    isMountPoint: false,
  };
}
