import { parseArchiveName } from "../repository/mod.ts";
import type { BackupRun } from "./_backup_run.ts";
import { storeImageArchive } from "./_image_archive.ts";
import type { ArchiveSpec } from "./backup_request.ts";

/** More would have the heads of a disk go to and fro. */
const AT_ONCE = 2;

/**
 * Stores images, two at a time. Nobody notices: what is told of one, and its place in the manifest, come
 * when the ones before it are complete.
 *
 * @param onTurn Told of each image when it is its turn.
 */
export async function storeImages(
  run: BackupRun,
  specs: readonly ArchiveSpec[],
  onTurn: (spec: ArchiveSpec, serverName: string) => void,
): Promise<void> {
  const stored: Promise<void>[] = [];
  for (const spec of specs) {
    const { serverName } = parseArchiveName(spec.name);
    const before = stored.at(-1) ?? Promise.resolve();
    const turn = before.then(() => onTurn(spec, serverName));
    // If it fails itself, nobody waits for its turn any more.
    turn.catch(() => {});
    const room = stored.at(-AT_ONCE) ?? Promise.resolve();
    stored.push(room.then(() => storeImageArchive(run, spec, serverName, turn)));
  }
  await run.together(stored);
}
