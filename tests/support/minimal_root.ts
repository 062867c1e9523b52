import { packedExecutable } from "./packed_executable.ts";
import { runInOwnMounts } from "./run_in_own_mounts.ts";
import { TempDir } from "./temp_dir.ts";

/**
 * A root file system that holds nothing but the packed executable, empty folders for `/proc` and `/dev`,
 * and a folder `/work` that anybody may write to.
 */
export class MinimalRoot implements AsyncDisposable {
  private constructor(readonly dir: TempDir) {}

  static async make(): Promise<MinimalRoot> {
    const dir = await TempDir.make("/dev/shm");
    for (const name of ["proc", "dev", "work"]) await Deno.mkdir(`${dir.path}/${name}`);
    await Deno.chmod(dir.path, 0o755);
    await Deno.chmod(`${dir.path}/work`, 0o1777);
    await Deno.copyFile(await packedExecutable(), `${dir.path}/pbs-client`);
    await Deno.chmod(`${dir.path}/pbs-client`, 0o755);
    return new MinimalRoot(dir);
  }

  /** Path of the folder `/work` from outside. */
  get work(): string {
    return `${this.dir.path}/work`;
  }

  /**
   * Runs a shell script outside, with `/proc` and `/dev` mounted inside. Its function `inside` runs a
   * command within the root, with no other variables than `PBS_CLIENT_CACHE_DIR=/work/cache`, and
   * `plainly` with no variable at all; `unprivileged` lets another user run a command; `root` is the path
   * of the root.
   *
   * @returns Everything that was printed.
   * @throws {Error} with everything that was printed, if it fails.
   */
  async run(script: string): Promise<string> {
    const prelude = `
      root=$1
      mount -t proc proc "$root/proc"
      mount --rbind /dev "$root/dev"
      inside() { env -i PBS_CLIENT_CACHE_DIR=/work/cache "$(command -v chroot)" "$root" "$@"; }
      plainly() { env -i "$(command -v chroot)" "$root" "$@"; }
      unprivileged() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
    `;
    return await runInOwnMounts(prelude + script, this.dir.path, { LC_ALL: "C", TZ: "UTC" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dir[Symbol.asyncDispose]();
  }
}
