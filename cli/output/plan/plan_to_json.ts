import type { PlannedArchive, PlannedDirectory } from "../../../lib/backup/mod.ts";
import { bytesToJson } from "../bytes_to_json.ts";
import { pathToJson } from "../path_to_json.ts";

/** An archive of a dry run as JSON; sizes in bytes. */
export function planToJson(archive: PlannedArchive): Record<string, unknown> {
  const { name, sizeBytes, tree, leftOut } = archive;
  return {
    filename: name,
    size: sizeBytes,
    ...(tree === undefined ? {} : countsToJson(tree)),
    "left-out": leftOut.length === 0 ? undefined : leftOut.map(({ path, isDirectory, reason }) => ({
      ...pathToJson("path", path),
      type: isDirectory ? "directory" : "other",
      reason,
    })),
  };
}

function countsToJson(tree: PlannedDirectory): Record<string, unknown> {
  const { files, directories, others, children } = tree;
  return {
    files,
    directories,
    others,
    children: children.length === 0 ? undefined : children.map((child) => ({
      ...bytesToJson("name", child.name),
      size: child.sizeBytes,
      ...countsToJson(child),
    })),
  };
}
