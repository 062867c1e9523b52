import { GuestClient } from "../../lib/guest/mod.ts";
import { connectUnix } from "../../lib/duplex/mod.ts";
import { eventually } from "./eventually.ts";
import type { MountNamespace } from "./mount_namespace.ts";
import { type InProcessRun, runInProcess } from "./cli_in_process.ts";
import { spawnClient } from "./run_client.ts";

const TICKET = "0f6e3d54-3f0b-4c39-8f2e-6b5a5ac0d3c1";

/** `guest serve` as a process, which mounts where nobody else sees it. */
export class GuestProcess implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #folder: string;
  readonly #output: Promise<Deno.CommandOutput>;

  private constructor(process: Deno.ChildProcess, folder: string) {
    this.#process = process;
    this.#folder = folder;
    this.#output = process.output();
  }

  /** @param disks As `NAME=DEVICE`. @param folder For its socket and ticket. */
  static async start(
    namespace: MountNamespace,
    folder: string,
    disks: readonly string[],
  ): Promise<GuestProcess> {
    await Deno.writeTextFile(`${folder}/ticket`, TICKET);
    const guest = new GuestProcess(
      spawnClient([
        ...["guest", "serve", "--listen", `unix:${folder}/socket`],
        ...["--ticket-file", `${folder}/ticket`],
        ...disks.flatMap((disk) => ["--disk", disk]),
      ], { under: namespace.under, output: "piped" }),
      folder,
    );
    await eventually(() => guest.client.status(true));
    return guest;
  }

  get socket(): string {
    return `${this.#folder}/socket`;
  }

  get ticket(): string {
    return TICKET;
  }

  /** The library's client of it. */
  get client(): GuestClient {
    return new GuestClient({ connect: () => connectUnix(this.socket), ticket: TICKET });
  }

  /** Runs a command of `pbs-client guest` with it, in this process. */
  run(...words: string[]): Promise<InProcessRun> {
    return runInProcess(["guest", ...words, ...this.options], {});
  }

  /** The options that name it. */
  get options(): string[] {
    return ["--socket", this.socket, "--ticket-file", `${this.#folder}/ticket`];
  }

  /** What it said, once it has ended. */
  async end(): Promise<{ readonly code: number; readonly stderr: string }> {
    const { code, stderr } = await this.#output;
    return { code, stderr: new TextDecoder().decode(stderr) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#output;
  }
}
