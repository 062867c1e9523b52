import { type ClientRun, runClient, spawnClient } from "./run_client.ts";
import { DiskImage } from "./disk_image.ts";
import { eventually } from "./eventually.ts";
import { MountNamespace } from "./mount_namespace.ts";
import { runPeer } from "./run_peer.ts";
import { TempDir } from "./temp_dir.ts";

/** The peers that a {@linkcode BtrfsWorld} needs. */
export const BTRFS_PEERS = [
  "losetup",
  "mkfs.btrfs",
  "btrfs",
  "unshare",
  "nsenter",
  "mount",
] as const;

/** A btrfs on a loop device of its own, mounted where nobody else sees it, and a repository. */
export class BtrfsWorld implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly #commands = new Set<number>();
  #folder!: TempDir;
  #namespace!: MountNamespace;
  #disk!: DiskImage;

  /** @param prepare Script of sh that fills it; its working directory is the btrfs's top folder. */
  static async create(prepare: string): Promise<BtrfsWorld> {
    const world = new BtrfsWorld();
    const stack = world.#stack;
    try {
      world.#folder = stack.use(await TempDir.make("/dev/shm"));
      await Deno.chmod(world.path, 0o755);
      world.#disk = stack.use(await DiskImage.create(`${world.path}/disk`, 120));
      world.#namespace = stack.use(await MountNamespace.create());
      await runPeer("mkfs.btrfs", ["--quiet", "--metadata", "single", world.#disk.device]);
      await Deno.mkdir(world.top);
      await world.run("mount", world.#disk.device, world.top);
      await world.shell(prepare);
      return world;
    } catch (error) {
      await stack.disposeAsync();
      throw error;
    }
  }

  /** Folder for everything else. */
  get path(): string {
    return this.#folder.path;
  }

  /** Top folder of the file system. */
  get top(): string {
    return `${this.path}/top`;
  }

  /** Folder with the records of runs. */
  get records(): string {
    return `${this.path}/state/proxmox-backup/source-snapshots`;
  }

  /** Runs a command where the btrfs is mounted. @throws if it fails. */
  async run(command: string, ...args: string[]): Promise<string> {
    return await this.#namespace.run(command, ...args);
  }

  /** Runs a script of sh in the top folder, which stops at the first failure. */
  async shell(script: string): Promise<string> {
    return await this.run("sh", "-euc", `cd '${this.top}'\n${script}`);
  }

  /** Names of all subvolumes. */
  async subvolumes(): Promise<string[]> {
    const list = await this.run("btrfs", "subvolume", "list", this.top);
    return [...list.matchAll(/ path (.*)$/gm)].map(([, path]) => path!).sort();
  }

  /**
   * Kills a backup whose command reads a file in the top folder, as soon as the command runs, and the
   * command, which would have its pipes open for ever.
   */
  async killReading(backup: Deno.ChildProcess, name: string): Promise<void> {
    const command = await this.commandReading(name);
    backup.kill("SIGKILL");
    Deno.kill(command, "SIGKILL");
    await backup.output();
  }

  /** Waits until a command of a backup runs that reads a file in the top folder. @returns Its id. */
  async commandReading(name: string): Promise<number> {
    const words = `/cat\0${this.top}/${name}\0`;
    return await eventually(() => {
      for (const { name: process } of Deno.readDirSync("/proc")) {
        if (!/^\d+$/.test(process) || !commandLine(process).endsWith(words)) continue;
        this.#commands.add(Number(process));
        return Promise.resolve(Number(process));
      }
      throw new Error(`no command reads ${name}`);
    });
  }

  /** Records and their folders. */
  recordNames(): string[] {
    return Array.from(Deno.readDirSync(this.records), ({ name }) => name).sort();
  }

  get #options() {
    return {
      under: this.#namespace.under,
      env: {
        XDG_STATE_HOME: `${this.path}/state`,
        PBS_REPOSITORY: `${this.path}/store`,
        // Programs that stand in for others.
        PATH: `${this.path}/bin:${Deno.env.get("PATH")}`,
      },
    };
  }

  /** Runs the program. */
  async client(...args: string[]): Promise<ClientRun> {
    return await runClient(args, this.#options);
  }

  /** Runs the program under another one, such as `setpriv`. */
  async clientUnder(under: readonly string[], ...args: string[]): Promise<ClientRun> {
    const options = this.#options;
    return await runClient(args, { ...options, under: [...options.under, ...under] });
  }

  /** Starts the program; its messages come through the result. */
  start(...args: string[]): Deno.ChildProcess {
    return spawnClient(args, { ...this.#options, output: "piped" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const id of this.#commands) {
      if (commandLine(String(id)).includes(this.top)) Deno.kill(id, "SIGKILL");
    }
    await this.#stack.disposeAsync();
  }
}

function commandLine(process: string): string {
  try {
    return Deno.readTextFileSync(`/proc/${process}/cmdline`);
  } catch {
    // It has ended meanwhile.
    return "";
  }
}
