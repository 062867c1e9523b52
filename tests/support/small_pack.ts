import { ARCHITECTURES, isOwn } from "../../scripts/packing/architecture.ts";
import { compressFrames } from "../../scripts/packing/compress_frames.ts";
import { launcher } from "../../scripts/packing/own_binaries.ts";
import { writeExecutable } from "../../scripts/packing/write_executable.ts";
import { runInOwnMounts } from "./run_in_own_mounts.ts";
import { TempDir } from "./temp_dir.ts";

/** Stands for the loader: tells how it was started. */
const PROGRAM = `#!/bin/sh
echo "started $0"
[ -z "\${PAUSE-}" ] || { echo $$ > "$PAUSE"; exec sleep 60; }
`;
/** Content of the other files together; no kind of compression makes it vanish. */
const SIZE = 400_000;

/** The launcher with a pack that is unpacked in no time. */
export class SmallPack implements AsyncDisposable {
  private constructor(readonly dir: TempDir) {}

  /** @param versions Version of each of the executables `v1`, `v2` … that are made. */
  static async make(versions: readonly string[] = ["1.0.0"]): Promise<SmallPack> {
    const dir = await TempDir.make();
    await Deno.chmod(dir.path, 0o755);
    const bytes = crypto.getRandomValues(new Uint8Array(1 << 16));
    const noise = new Uint8Array(await new Blob(Array(SIZE / 4 >> 16).fill(bytes)).arrayBuffer());
    for (const [index, version] of versions.entries()) {
      const program = new TextEncoder().encode(`${PROGRAM}# ${version}\n`);
      const pieces = [program, noise, noise];
      await writeExecutable(`${dir.path}/v${index + 1}`, {
        version,
        launcher: await launcher(ARCHITECTURES.find(isOwn)!),
        files: pieces.map((bytes, index) => ({
          path: ["pbs-client", "program/main.js", "program/commands/a.js"][index]!,
          bytes,
          kind: index === 0 ? "executable" as const : "plain" as const,
        })),
        frames: await compressFrames(pieces, 1, dir.path),
      });
    }
    return new SmallPack(dir);
  }

  /**
   * Runs a shell script in a folder of its own where `/var/cache`, `/run`, `/dev/shm` and `/tmp` are empty
   * and seen by nobody else. `$v1` … are the executables; `launch` runs a command with `cache`, a folder
   * that is not there yet, as the place for packs; `unprivileged` runs a command as another user.
   *
   * @returns Everything that was printed.
   * @throws {Error} with everything that was printed, if it fails.
   */
  async run(script: string): Promise<string> {
    const prelude = `
      for number in 1 2 3; do eval "v$number=$1/v$number"; done
      for folder in /var/cache /run /dev/shm /tmp; do
        mount -t tmpfs -o mode=1777 tmpfs "$folder"
      done
      mkdir -m 755 /run/work
      cd /run/work
      cache=$PWD/cache
      launch() { PBS_CLIENT_CACHE_DIR=$cache "$@"; }
      unprivileged() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
      unset HOME XDG_CACHE_HOME XDG_RUNTIME_DIR
    `;
    return await runInOwnMounts(prelude + script, this.dir.path, { LC_ALL: "C" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dir[Symbol.asyncDispose]();
  }
}
