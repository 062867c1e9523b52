import { setTimeout as delay } from "node:timers/promises";
import { clientCommand, type ClientOptions, runClientOk, spawnClient } from "./run_client.ts";
import { runPeer } from "./run_peer.ts";

/** An archive of a snapshot that `mount` shows in a folder, until the end of the scope. */
export class MountedArchive implements AsyncDisposable {
  private constructor(
    readonly path: string,
    readonly child?: Deno.ChildProcess,
    /** All that the process in the foreground says. */
    readonly log?: Promise<string>,
  ) {}

  /**
   * Mounts in the background, as users do.
   *
   * @param args Snapshot, archive and options of the command.
   * @param path An empty folder.
   */
  static async at(
    path: string,
    args: readonly string[],
    options: ClientOptions = {},
  ): Promise<MountedArchive> {
    await runClientOk(["mount", ...args.slice(0, 2), path, ...args.slice(2)], options);
    return new MountedArchive(path);
  }

  /** Mounts with a process in the foreground, which says what goes wrong. */
  static async inForeground(
    path: string,
    args: readonly string[],
    env: Record<string, string>,
  ): Promise<MountedArchive> {
    const words = ["mount", ...args.slice(0, 2), path, ...args.slice(2), "--verbose"];
    const child = spawnClient(words, { env, output: "piped" });
    child.stdout.cancel();
    const mounted = new MountedArchive(path, child, new Response(child.stderr).text());
    let hasEnded = false;
    child.status.then(() => hasEnded = true);
    while (!mounted.isMounted) {
      if (hasEnded) throw new Error(`nothing was mounted: ${(await mounted.end()).stderr}`);
      await delay(20);
    }
    return mounted;
  }

  /** Ends the process in the foreground. */
  async end(signal: Deno.Signal = "SIGTERM"): Promise<{ code: number; stderr: string }> {
    try {
      this.child!.kill(signal);
    } catch {
      // It has ended already.
    }
    return { code: (await this.child!.status).code, stderr: await this.log! };
  }

  /** The process in the background. */
  get processId(): number {
    const words = clientCommand(["mount"]).at(-2)!;
    const ids = [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter(Boolean);
    const found = ids.filter((id) => {
      const line = commandLine(id);
      return line.includes(words) && line.includes("mount") && line.includes(this.path);
    });
    if (found.length !== 1) throw new Error(`${found.length} processes serve "${this.path}"`);
    return found[0]!;
  }

  /** Whether something is mounted there, alive or dead. */
  get isMounted(): boolean {
    return Deno.readTextFileSync("/proc/self/mounts").includes(` ${this.path} fuse`);
  }

  /** Unmounts, as users do. */
  async unmount(): Promise<void> {
    await runPeer("fusermount3", ["-u", this.path]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isMounted) await runPeer("fusermount3", ["-uz", this.path]);
    await this.child?.status;
  }
}

function commandLine(processId: number): string[] {
  try {
    return Deno.readTextFileSync(`/proc/${processId}/cmdline`).split("\0");
  } catch {
    return [];
  }
}
