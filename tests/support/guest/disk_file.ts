import { runPeer } from "../run_peer.ts";

/** The peers that {@linkcode makeDiskFile} runs. */
export const DISK_FILE_PEERS = ["sfdisk", "mkfs.vfat", "mkfs.ext4"] as const;

const SECTOR_BYTES = 512;
/** Sectors: where the FAT of partition 1 and the ext4 of the logical partition 5 begin. */
const FAT_START = 2048;
const EXT_START = 22528;
const TABLE = `label: dos
1 : start=${FAT_START}, size=16384, type=6
2 : start=20480, size=100000, type=5
5 : start=${EXT_START}, size=81920, type=83
`;

/**
 * Makes the image of a disk as old systems have it: a FAT without files, and an ext4 in a logical
 * partition. Nothing is mounted for it.
 *
 * @param tree Path of the folder that the ext4 gets.
 */
export async function makeDiskFile(path: string, tree: string): Promise<void> {
  await Deno.writeTextFile(`${path}.table`, TABLE);
  await runPeer("truncate", ["--size", "64M", path]);
  await runPeer("sh", ["-c", `sfdisk --quiet "$0" < "$0.table"`, path]);
  await runPeer("mkfs.vfat", ["--offset", String(FAT_START), path, "8192"]);
  const offset = `offset=${EXT_START * SECTOR_BYTES}`;
  await runPeer("mkfs.ext4", ["-q", "-F", "-d", tree, "-E", offset, path, "40M"]);
}
