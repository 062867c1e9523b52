import { MountNamespace } from "./mount_namespace.ts";
import { runPeer } from "./run_peer.ts";
import { TempDir } from "./temp_dir.ts";

/** Releases of Debian that packages are tried on. */
export type DebianSuite = "bookworm" | "trixie";

/** Environment of commands in the root: that of a service, which has no home. */
const ENVIRONMENT = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"];

/**
 * A Debian system in a folder: the smallest one that `debootstrap` makes, kept from run to run, with what
 * is done to it in a layer above, which is gone with this object.
 */
export class DebianRoot implements AsyncDisposable {
  readonly #mounts: MountNamespace;
  readonly #folder: TempDir;

  private constructor(mounts: MountNamespace, folder: TempDir) {
    this.#mounts = mounts;
    this.#folder = folder;
  }

  /** Makes one; needs the superuser. */
  static async create(suite: DebianSuite): Promise<DebianRoot> {
    const base = await baseRoot(suite);
    const folder = await TempDir.make("/dev/shm");
    const mounts = await MountNamespace.create();
    for (const name of ["upper", "work", "root"]) await Deno.mkdir(`${folder.path}/${name}`);
    const layers = `lowerdir=${base},upperdir=${folder.path}/upper,workdir=${folder.path}/work`;
    const root = new DebianRoot(mounts, folder);
    await mounts.run("mount", "-t", "overlay", "overlay", "-o", layers, root.path);
    await mounts.run("mount", "-t", "proc", "proc", `${root.path}/proc`);
    await mounts.run("mount", "--bind", "/dev", `${root.path}/dev`);
    return root;
  }

  /** Path of the root, for programs that {@linkcode outside} runs. */
  get path(): string {
    return `${this.#folder.path}/root`;
  }

  /** Runs a command of the root in it. @returns What it prints. @throws {Error} if it fails. */
  async run(...words: string[]): Promise<string> {
    return await this.#mounts.run("chroot", this.path, "env", "-i", ...ENVIRONMENT, ...words);
  }

  /** Runs a command of this machine that sees the root at {@linkcode path}. */
  async outside(command: string, ...args: string[]): Promise<string> {
    return await this.#mounts.run(command, ...args);
  }

  /** Puts a file of this machine into the root's folder for temporary files. @returns Its path there. */
  async bring(path: string): Promise<string> {
    const target = `/tmp/${path.slice(path.lastIndexOf("/") + 1)}`;
    await this.outside("cp", path, `${this.path}${target}`);
    return target;
  }

  /** Every path of the root, without what the kernel shows in it. */
  async paths(): Promise<Set<string>> {
    const text = await this.outside("find", this.path, "-xdev", "-printf", "/%P\n");
    return new Set(text.trimEnd().split("\n"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mounts[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** The root as `debootstrap` makes it, beside what set-up keeps of other programs. */
async function baseRoot(suite: DebianSuite): Promise<string> {
  const { XDG_CACHE_HOME, HOME } = Deno.env.toObject();
  const folder = `${XDG_CACHE_HOME ?? `${HOME}/.cache`}/pbs-client/roots`;
  const root = `${folder}/${suite}`;
  if (await exists(root)) return root;
  const unfinished = `${root}.${Deno.pid}.tmp`;
  await Deno.mkdir(unfinished, { recursive: true });
  try {
    await runPeer("debootstrap", ["--variant=minbase", suite, unfinished]);
    await runPeer("sh", ["-c", 'rm -f "$1"/var/cache/apt/archives/*.deb', "sh", unfinished]);
    await Deno.rename(unfinished, root);
  } catch (error) {
    await Deno.remove(unfinished, { recursive: true });
    throw error;
  }
  return root;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
