import { MountNamespace } from "./mount_namespace.ts";
import { TempDir } from "./temp_dir.ts";

/** A user without privileges on this machine. */
const HOST_USER = 1000;

/** What is read and changed of a bundle's `config.json`. */
interface BundleConfig {
  process: { terminal: boolean; args: string[]; user: { uid: number; gid: number } };
  root: { readonly: boolean };
  mounts: { destination: string; type: string; source: string; options?: string[] }[];
  linux: { uidMappings: IdMapping[]; gidMappings: IdMapping[] };
}

/** A user of the container who is one of this machine. */
interface IdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

/** A folder of this machine that a container sees. */
export interface SharedFolder {
  readonly source: string;
  readonly destination: string;
}

/**
 * Containers of an image as a user without privileges starts them: unpacked by `umoci`, started by
 * `crun`, with a root that nothing can be written to.
 */
export class ImageContainer implements AsyncDisposable {
  readonly #mounts: MountNamespace;
  readonly #folder: TempDir;
  #runs = 0;

  private constructor(mounts: MountNamespace, folder: TempDir) {
    this.#mounts = mounts;
    this.#folder = folder;
  }

  /** @param image Folder and reference, `FOLDER:REFERENCE`. */
  static async unpack(image: string): Promise<ImageContainer> {
    const folder = await TempDir.make();
    const mounts = await MountNamespace.create();
    const container = new ImageContainer(mounts, folder);
    // What this machine has of control groups need not suit the runtime.
    await mounts.run("sh", "-c", "umount -R /sys/fs/cgroup; mount -t tmpfs none /sys/fs/cgroup");
    await mounts.run("mount", "-t", "cgroup2", "none", "/sys/fs/cgroup");
    await mounts.run("chown", `${HOST_USER}`, folder.path);
    await container.#asUser("umoci", "unpack", "--rootless", "--image", image, container.#bundle);
    return container;
  }

  get #bundle(): string {
    return `${this.#folder.path}/bundle`;
  }

  /**
   * Runs the program of the image.
   *
   * @param args Arguments of the program.
   * @param shared Folders that belong to its user.
   * @returns What it prints on the standard output.
   * @throws {Error} with what it says if it fails.
   */
  async run(args: readonly string[], shared: readonly SharedFolder[] = []): Promise<string> {
    const path = `${this.#bundle}/config.json`;
    const text = await Deno.readTextFile(path);
    const config: BundleConfig = JSON.parse(text);
    const { uid, gid } = config.process.user;
    config.process.terminal = false;
    config.process.args.push(...args);
    config.root.readonly = true;
    config.linux.uidMappings = [{ containerID: uid, hostID: HOST_USER, size: 1 }];
    config.linux.gidMappings = [{ containerID: gid, hostID: HOST_USER, size: 1 }];
    const tmpfs = { type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "mode=1777"] };
    config.mounts.push({ destination: "/tmp", ...tmpfs });
    for (const { source, destination } of shared) {
      config.mounts.push({ destination, type: "bind", source, options: ["rbind", "rw"] });
    }
    await Deno.writeTextFile(path, JSON.stringify(config));
    try {
      const words = ["crun", "--cgroup-manager=disabled", "run", "--bundle", this.#bundle];
      return await this.#asUser(...words, `pbs-client-test-${Deno.pid}-${this.#runs++}`);
    } finally {
      await Deno.writeTextFile(path, text);
    }
  }

  /** Gives a folder to the user that containers run as. */
  async give(path: string): Promise<void> {
    await this.#mounts.run("chown", "-R", `${HOST_USER}:${HOST_USER}`, path);
  }

  async #asUser(...words: string[]): Promise<string> {
    const user = [`--reuid=${HOST_USER}`, `--regid=${HOST_USER}`, "--clear-groups"];
    const env = ["env", `HOME=${this.#folder.path}`, `XDG_RUNTIME_DIR=${this.#folder.path}`];
    return await this.#mounts.run("setpriv", ...user, ...env, ...words);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mounts[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}
