import type { SnapshotFile } from "../../lib/repository/mod.ts";

/** A file of a snapshot as listings show it in JSON (spec: cli.md §4.4). */
export function fileToJson(file: SnapshotFile): Record<string, unknown> {
  return { filename: file.filename, "crypt-mode": file.cryptMode, size: file.size };
}
