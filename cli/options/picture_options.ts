import { BYTE_SIZE_FORMAT } from "../arguments/byte_size_format.ts";
import type { Parameter } from "../command.ts";

/** Options of `backup` for snapshots of its sources' file systems; ours. */
export const PICTURE_OPTIONS: readonly Parameter[] = [
  {
    name: "snapshot",
    type: { kind: "enum", values: ["none", "auto", "btrfs", "zfs", "lvm"] },
    default: "none",
    description:
      "Have the file system of the sources kept as it is at one moment, by a snapshot of btrfs, " +
      "ZFS or LVM, read that, and remove it afterwards; auto takes whichever fits, and reads " +
      "all else as it is. Needs root.",
  },
  {
    name: "snapshot-size",
    type: { kind: "string", format: BYTE_SIZE_FORMAT },
    description:
      "Room of an LVM snapshot for what changes during the backup, such as 10GiB; a fifth of " +
      "the volume if absent. Thin volumes need none.",
  },
];
