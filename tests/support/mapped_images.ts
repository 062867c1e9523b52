import { TempDir } from "./temp_dir.ts";
import { MountNamespace } from "./mount_namespace.ts";
import {
  type ClientOptions,
  type ClientRun,
  runClient,
  runClientOk,
  spawnClient,
} from "./run_client.ts";

/** A datastore with images, and a name space of mounts in which they are mapped. */
export class MappedImages implements AsyncDisposable {
  private constructor(
    readonly dir: TempDir,
    readonly namespace: MountNamespace,
    /** The datastore's folder, or another repository. */
    readonly store: string,
    readonly env: Record<string, string>,
  ) {}

  /**
   * Makes both, empty.
   *
   * @param store Another repository than a folder.
   * @param env Variables that it needs.
   */
  static async create(store?: string, env: Record<string, string> = {}): Promise<MappedImages> {
    const dir = await TempDir.make("/dev/shm");
    const namespace = await MountNamespace.create();
    return new MappedImages(dir, namespace, store ?? `${dir.path}/store`, env);
  }

  /** Backs a file up as `disk.img` of a host. @returns Path of the file. */
  async backUp(id: string, content: Uint8Array, ...words: string[]): Promise<string> {
    const path = `${this.dir.path}/${id}.raw`;
    await Deno.writeFile(path, content);
    await runClientOk(["backup", `disk.img:${path}`, "--init", "--backup-id", id, ...words], {
      env: { PBS_REPOSITORY: this.store, ...this.env },
    });
    return path;
  }

  /** Runs the program in the name space. */
  run(words: readonly string[], options: ClientOptions = {}): Promise<ClientRun> {
    return runClient(words, this.#options(options));
  }

  /** Maps an image in the background. @returns Path of the device or file. */
  async map(id: string, ...words: string[]): Promise<string> {
    const { stderr } = await runClientOk(
      ["map", `host/${id}`, "disk.img", ...words],
      this.#options(),
    );
    return / mapped on (\S+)$/m.exec(stderr)![1]!;
  }

  /** Maps an image in the foreground. */
  spawnMap(id: string): Deno.ChildProcess {
    return this.spawn(["map", `host/${id}`, "disk.img", "--verbose"]);
  }

  /** Starts the program in the name space. */
  spawn(words: readonly string[]): Deno.ChildProcess {
    return spawnClient(words, { ...this.#options(), output: "piped" });
  }

  /** Lines of `unmap` without a name. */
  async listed(): Promise<string[]> {
    const { stderr } = await runClientOk(["unmap"], this.#options());
    return stderr.trimEnd().split("\n");
  }

  /** Ids of the processes that serve a mapping. */
  async owners(): Promise<number[]> {
    const text = await this.namespace.run(
      "sh",
      "-c",
      "cat /run/pbs-loopdev/*.pid 2>/dev/null || true",
    );
    return text === "" ? [] : [Number(text)];
  }

  /** Names in the folder of mappings. */
  async left(): Promise<string> {
    return await this.namespace.run("ls", "-A", "/run/pbs-loopdev");
  }

  #options({ env = {}, ...options }: ClientOptions = {}): ClientOptions {
    const variables = { PBS_REPOSITORY: this.store, ...this.env, ...env };
    return { ...options, under: this.namespace.under, env: variables };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing must outlive a test that fails.
    for (const id of await this.owners()) {
      try {
        Deno.kill(id, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
    await this.run(["unmap"]);
    await this.namespace[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}
