/**
 * A name space of mounts of its own, with an empty `/run`: what is mounted there nobody else sees, and
 * it goes with the name space.
 */
export class MountNamespace implements AsyncDisposable {
  readonly #holder: Deno.ChildProcess;

  private constructor(holder: Deno.ChildProcess) {
    this.#holder = holder;
  }

  /** Makes one; needs the superuser. */
  static async create(): Promise<MountNamespace> {
    const holder = new Deno.Command("unshare", {
      args: [
        "--mount",
        "--propagation=private",
        "sh",
        "-c",
        "mount -t tmpfs tmpfs /run && echo ready && exec cat",
      ],
      // Ends with this process, however that ends.
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = holder.stdout.getReader();
    const { done } = await reader.read();
    await reader.cancel();
    if (done) throw new Error("no name space of mounts could be made");
    return new MountNamespace(holder);
  }

  /** The words before a command that is to run in it. */
  get under(): string[] {
    return ["nsenter", `--mount=/proc/${this.#holder.pid}/ns/mnt`, `--wd=${Deno.cwd()}`];
  }

  /** Runs a command in it. @throws {Error} if it fails, with what it said. */
  async run(command: string, ...args: string[]): Promise<string> {
    const [enter, ...words] = [...this.under, command, ...args];
    const { success, stdout, stderr } = await new Deno.Command(enter!, {
      args: words,
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    if (!success) throw new Error(`${command} ${args.join(" ")}: ${text.decode(stderr)}`);
    return text.decode(stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#holder.kill("SIGKILL");
    await this.#holder.status;
  }
}
