import { runPeer } from "./run_peer.ts";

/** The peers that a {@linkcode DiskImage} needs. */
export const DISK_PEERS = ["losetup", "sfdisk", "partx", "mkfs.ext4", "debugfs"] as const;

/** An image file as a disk, with partitions that the kernel knows of whether or not it finds them itself. */
export class DiskImage implements AsyncDisposable {
  private constructor(readonly file: string, readonly device: string, readonly count: number) {}

  /**
   * Makes an image and a loop device of it.
   *
   * @param sizesMiB Of the partitions; none for a disk without any.
   * @param totalMiB Of the disk.
   */
  static async create(
    file: string,
    totalMiB: number,
    sizesMiB: readonly number[] = [],
    label: "gpt" | "dos" = "gpt",
  ): Promise<DiskImage> {
    await Deno.writeFile(file, new Uint8Array());
    await Deno.truncate(file, totalMiB * 1024 * 1024);
    if (sizesMiB.length > 0) {
      const table = `${file}.table`;
      const lines = sizesMiB.map((size) => `size=${size}M\n`).join("");
      await Deno.writeTextFile(table, `label: ${label}\n${lines}`);
      await runPeer("sh", ["-c", `sfdisk --quiet "$0" < "$1"`, file, table]);
    }
    const device = (await runPeer("losetup", ["--find", "--show", file])).trim();
    if (sizesMiB.length > 0) await runPeer("partx", ["--update", device]);
    return new DiskImage(file, device, sizesMiB.length);
  }

  /** Path of a partition's device. */
  partition(number: number): string {
    return `${this.device}p${number}`;
  }

  /** Writes a text, a character for each byte, at a place of a device. */
  static async mark(device: string, at: number, text: string): Promise<void> {
    using file = await Deno.open(device, { write: true });
    await file.seek(at, Deno.SeekMode.Start);
    await file.write(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    await file.sync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.count > 0) await runPeer("partx", ["--delete", this.device], { codes: [0, 1] });
    await runPeer("losetup", ["--detach", this.device]);
  }
}
