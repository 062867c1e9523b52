import { setTimeout as delay } from "node:timers/promises";
import { ProcessMeter } from "./measure.ts";

const READY_POLL_MS = 20;
const READY_PATIENCE_MS = 30_000;

/** A mount by a client in the foreground, whose memory is measured. */
export class MountedArchive implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #meter: ProcessMeter;

  private constructor(
    /** Mount point. */
    readonly path: string,
    child: Deno.ChildProcess,
  ) {
    this.#child = child;
    this.#meter = new ProcessMeter(child.pid, true);
  }

  /**
   * Starts a client, and waits until the mount is there.
   *
   * @param command Without the option for the foreground.
   * @param path Mount point.
   */
  static async start(
    command: string,
    path: string,
    env: Record<string, string>,
  ): Promise<MountedArchive> {
    const child = new Deno.Command("bash", {
      args: ["-c", `exec ${command} --verbose 2>'${path}.log'`],
      env,
      stdin: "null",
      stdout: "null",
    }).spawn();
    const mounted = new MountedArchive(path, child);
    for (let waitedMs = 0; waitedMs < READY_PATIENCE_MS; waitedMs += READY_POLL_MS) {
      const { success } = await new Deno.Command("mountpoint", { args: ["-q", path] }).output();
      if (success) return mounted;
      await delay(READY_POLL_MS);
    }
    child.kill();
    throw new Error(`${command}: ${await Deno.readTextFile(`${path}.log`)}`);
  }

  /** What the client took so far at most, MB (10^6). Ends measuring. */
  peakMegabytes(): number {
    return this.#meter.stop().peakMegabytes;
  }

  /** Unmounts, and waits for the client's end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#meter.stop();
    await new Deno.Command("fusermount3", { args: ["-u", this.path] }).output();
    await this.#child.status;
  }
}
