import { fromFileUrl } from "@std/path";
import { nativeLibraryPath } from "../../ffi/native_library_path.ts";
import type { ClientRun } from "./run_client.ts";
import { runPeer } from "./run_peer.ts";
import { TempDir } from "./temp_dir.ts";

/** User and group "nobody" of most systems. */
export const NOBODY = 65534;

const root = fromFileUrl(new URL("../../", import.meta.url));

/**
 * The program and all it needs in a place that anybody may read, to be run as {@linkcode NOBODY}:
 * homes and source trees of those who test are often closed to others.
 */
export class UnprivilegedClient implements AsyncDisposable {
  private constructor(readonly dir: TempDir, readonly memory: TempDir) {}

  static async make(): Promise<UnprivilegedClient> {
    const dir = await TempDir.make();
    const { path } = dir;
    const info = JSON.parse(await runPeer(Deno.execPath(), ["info", "--json"]));
    for (const folder of ["program", "cache", "home", "work"]) {
      await Deno.mkdir(`${path}/${folder}`);
    }
    const sources = ["cli", "ffi", "lib", "deno.json", "deno.lock"].map((name) => root + name);
    await runPeer("cp", ["-r", ...sources, nativeLibraryPath(), `${path}/program`]);
    await runPeer("cp", [Deno.execPath(), `${path}/program/deno`]);
    await runPeer("cp", ["-r", info.npmCache, `${path}/cache/npm`]);
    await runPeer("chown", ["-R", `${NOBODY}:${NOBODY}`, path]);
    await Deno.chmod(path, 0o755);
    const memory = await TempDir.make("/dev/shm");
    await Deno.chown(memory.path, NOBODY, NOBODY);
    return new UnprivilegedClient(dir, memory);
  }

  /** A folder that belongs to the user. */
  get work(): string {
    return `${this.dir.path}/work`;
  }

  /** Where the user's datastore goes: in memory, for the sake of its chunk folders. */
  get store(): string {
    return `${this.memory.path}/store`;
  }

  /**
   * Runs any command as that user.
   *
   * @param capability The only privilege that it has, such as `dac_read_search`; without one none.
   */
  async runAs(command: readonly string[], capability?: string): Promise<ClientRun> {
    const { path } = this.dir;
    const one = capability === undefined ? "" : `,+${capability}`;
    const privileges = [`--inh-caps=-all${one}`, `--bounding-set=-all${one}`]
      .concat(capability === undefined ? [] : [`--ambient-caps=-all${one}`]);
    const ids = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
    const output = await new Deno.Command("setpriv", {
      args: [...ids, ...privileges, "--no-new-privs", ...command],
      cwd: this.work,
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        HOME: `${path}/home`,
        DENO_DIR: `${path}/cache`,
        PBS_CLIENT_NATIVE: `${path}/program/${nativeLibraryPath().split("/").at(-1)}`,
        NO_COLOR: "1",
        TZ: "UTC",
      },
    }).output();
    const text = new TextDecoder();
    const { code, signal } = output;
    return { code, signal, stdout: text.decode(output.stdout), stderr: text.decode(output.stderr) };
  }

  /** Runs the program. */
  run(...args: string[]): Promise<ClientRun> {
    return this.runAs(this.command(args));
  }

  /** The command line that starts the program with these arguments. */
  command(args: readonly string[]): string[] {
    const { path } = this.dir;
    const entry = `${path}/program/cli/main.ts`;
    const flags = ["run", "--quiet", "--allow-all", "--cached-only"];
    return [`${path}/program/deno`, ...flags, entry, ...args];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.memory[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}
