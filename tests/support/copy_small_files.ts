import { runPeer } from "./run_peer.ts";

/** Files that are larger are left out: a tree is known by its entries, and takes long by its bytes. */
const MAX_FILE_BYTES = 64 * 1024;

/**
 * Copies a tree of this machine that others may change meanwhile, but for its large files, as often as
 * it takes. `rsync` is to be named as a peer.
 *
 * @param to A new folder for the copies.
 * @param atLeast Entries that are wanted.
 * @returns Entries that there are.
 */
export async function copySmallFiles(from: string, to: string, atLeast: number): Promise<number> {
  await Deno.mkdir(to);
  for (let copy = 0, entries = 0;; copy++) {
    // 24: files vanished while it ran.
    const args = ["-aHX", `--max-size=${MAX_FILE_BYTES}`, `${from}/`, `${to}/${copy}`];
    await runPeer("rsync", args, { codes: [0, 24] });
    const before = entries;
    entries = Number(await runPeer("sh", ["-c", 'find "$1" | wc -l', "sh", to]));
    if (entries >= atLeast) return entries;
    if (entries < before + 1000) throw new Error(`${from} has ${entries - before} entries alone`);
  }
}
