import { PbsError } from "../errors/mod.ts";
import type { Workshop } from "./workshop.ts";

/** Superblock of ext4: where it begins, its magic number and the flags of what has to be understood. */
const EXT4_SUPERBLOCK = 1024;
const EXT4_MAGIC_AT = 0x38;
const EXT4_MAGIC = 0xef53;
const EXT4_INCOMPATIBLE_AT = 0x60;
const EXT4_NEEDS_RECOVERY = 0x4;
const HEAD_BYTES = 2048;

/**
 * Mounts the snapshot of a volume read-only.
 *
 * @param fileSystem What is on it.
 * @returns Where, in the private mounts.
 */
export async function mountVolume(
  workshop: Workshop,
  device: string,
  fileSystem: string,
): Promise<string> {
  if (fileSystem === "btrfs") {
    throw new PbsError("two copies of a btrfs must not be mounted: take --snapshot btrfs for it");
  }
  const options = ["ro"];
  // Another mount of the same UUID is refused otherwise.
  if (fileSystem === "xfs") options.push("nouuid");
  if (/^ext[34]$/.test(fileSystem) && !needsRecovery(device)) options.push("noload");
  const target = await workshop.newFolder();
  await (await workshop.mounts()).run("mount", [
    ...["-t", fileSystem, "-o", options.join(","), device, target],
  ]);
  return target;
}

/**
 * Whether the journal of an ext4 has what is not in its place yet. LVM has the file system write all out
 * before it takes a snapshot; should that have failed, the journal is replayed in the snapshot.
 */
function needsRecovery(device: string): boolean {
  using file = Deno.openSync(device);
  const head = new Uint8Array(HEAD_BYTES);
  for (let length = 0; length < head.length;) {
    const count = file.readSync(head.subarray(length));
    if (count === null) return true;
    length += count;
  }
  const view = new DataView(head.buffer, EXT4_SUPERBLOCK);
  return view.getUint16(EXT4_MAGIC_AT, true) !== EXT4_MAGIC ||
    (view.getUint32(EXT4_INCOMPATIBLE_AT, true) & EXT4_NEEDS_RECOVERY) !== 0;
}
