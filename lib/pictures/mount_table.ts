/** A mounted file system, as the kernel lists it. */
export interface Mount {
  readonly id: number;
  /** `major:minor`; of btrfs a number that files do not show. */
  readonly device: string;
  /** Which part of the file system is mounted: `/` for all of it. */
  readonly root: string;
  readonly mountPoint: string;
  /** For instance `ext4`, `fuse.sshfs`. */
  readonly fileSystem: string;
  /** Device, or whatever else the one who mounted it gave. */
  readonly source: string;
  /** Whether the file system itself cannot be written to. */
  readonly isReadOnly: boolean;
}

const SEPARATOR = "-";

/**
 * Mounts of `/proc/self/mountinfo`, in its order (proc_pid_mountinfo(5)). Lines that are none are
 * passed over.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const [mount] = parseMountTable("36 35 98:0 /a /mnt/b\\040c rw shared:1 - ext4 /dev/x rw,discard\n");
 * assertEquals(mount!.mountPoint, "/mnt/b c");
 * assertEquals(mount!.root, "/a");
 * assertEquals(mount!.fileSystem, "ext4");
 * ```
 */
export function parseMountTable(text: string): Mount[] {
  return text.split("\n").flatMap((line) => {
    const words = line.split(" ");
    const separator = words.indexOf(SEPARATOR, 6);
    const [id, , device, root, mountPoint] = words;
    const [fileSystem, source, options] = words.slice(separator + 1);
    if (separator < 0 || options === undefined || !/^\d+$/.test(id!)) return [];
    return [{
      id: Number(id),
      device: device!,
      root: unescape(root!),
      mountPoint: unescape(mountPoint!),
      fileSystem: unescape(fileSystem!),
      source: unescape(source!),
      isReadOnly: options.split(",").includes("ro"),
    }];
  });
}

/** The kernel writes blanks and the like as octal numbers. */
function unescape(word: string): string {
  return word.replace(
    /\\([0-7]{3})/g,
    (_, digits: string) => String.fromCharCode(parseInt(digits, 8)),
  );
}
