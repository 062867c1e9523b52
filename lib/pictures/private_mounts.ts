import { PbsError } from "../errors/mod.ts";
import type { StorageTools } from "./storage_tools.ts";

/**
 * A name space of mounts that nobody else sees. A child of this process holds it and ends with it, however
 * that ends, so that no mount stays; files in it are reached through the child's root.
 */
export class PrivateMounts implements AsyncDisposable {
  readonly #tools: StorageTools;
  readonly #holder: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #hasEnded = false;
  #isClosed = false;

  private constructor(tools: StorageTools, holder: Deno.ChildProcess, readonly folder: string) {
    this.#tools = tools;
    this.#holder = holder;
    this.#writer = holder.stdin.getWriter();
    holder.status.then(() => this.#hasEnded = true);
  }

  /**
   * Makes one; needs the superuser.
   *
   * @param folder Absolute path of an empty folder; in the name space everything is mounted below it.
   * @throws {PbsError} if the system does not allow it.
   */
  static async open(tools: StorageTools, folder: string): Promise<PrivateMounts> {
    const cat = tools.find("cat");
    const holder = tools.hold("unshare", ["-m", "--propagation", "slave", cat]);
    const mounts = new PrivateMounts(tools, holder, folder);
    try {
      // It answers once everything before it is done.
      await mounts.#writer.write(new TextEncoder().encode("\n")).catch(() => {});
      const reader = holder.stdout.getReader();
      const { done } = await reader.read();
      reader.releaseLock();
      if (done) {
        const said = (await new Response(holder.stderr).text()).trim();
        throw new PbsError(`no private name space of mounts can be made: ${said}`);
      }
      await mounts.run("mount", ["-t", "tmpfs", "-o", "mode=0700", "pbs-client", folder]);
      return mounts;
    } catch (error) {
      await mounts[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Path by which this process reaches a path of the name space. */
  outside(path: string): string {
    return `/proc/${this.#holder.pid}/root${path}`;
  }

  /** Makes a folder of the name space. @returns Its path there. */
  makeFolder(name: string): string {
    const path = `${this.folder}/${name}`;
    Deno.mkdirSync(this.outside(path), { mode: 0o700 });
    return path;
  }

  /** Runs a program in the name space. See {@linkcode StorageTools.run}. */
  run(program: string, args: readonly string[]): Promise<string> {
    this.check();
    const enter = [this.#tools.find("nsenter"), `-m/proc/${this.#holder.pid}/ns/mnt`, "--"];
    return this.#tools.run(program, args, enter);
  }

  /** Lets a file or folder be seen at another place too, without what is mounted below it. */
  async bind(from: string, to: string): Promise<void> {
    await this.run("mount", ["-o", "bind", from, to]);
  }

  /** @throws {PbsError} if the name space has gone: what was read may have lacked its mounts. */
  check(): void {
    if (!this.#hasEnded) return;
    throw new PbsError("the process that holds the mounts of the pictures was ended by somebody");
  }

  /** Unmounts everything, so that devices are free when this returns, and lets the name space go. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // The end of the name space does that too, but some time after its last process.
    if (!this.#hasEnded) await this.run("umount", ["-l", this.folder]).catch(() => {});
    await this.#writer.close().catch(() => {});
    await this.#holder.stdout.cancel().catch(() => {});
    if (!this.#holder.stderr.locked) await this.#holder.stderr.cancel().catch(() => {});
    await this.#holder.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
