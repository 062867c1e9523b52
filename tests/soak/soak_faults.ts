import { setTimeout as delay } from "node:timers/promises";
import type { Chance } from "../support/chance.ts";
import type { ServerProcess } from "../support/server_process.ts";

/** When something was done to the runs of a time, so that they may fail. */
export class FaultTimes {
  readonly #times: { readonly kind: "server" | "disk"; readonly from: number; until: number }[] =
    [];

  /** Something begins now. @returns Ends it. */
  begin(kind: "server" | "disk"): () => void {
    const entry = { kind, from: performance.now(), until: Infinity };
    this.#times.push(entry);
    return () => entry.until = performance.now();
  }

  /** Whether there was one of this kind at any time since. @param from Of `performance.now`. */
  happened(kind: "server" | "disk", from: number): boolean {
    return this.#times.some((each) => each.kind === kind && each.until >= from);
  }
}

/** A server that is killed from time to time and comes back at the same address. */
export class KilledServer implements AsyncDisposable {
  #server: ServerProcess;

  constructor(
    server: ServerProcess,
    readonly restart: (address: string) => Promise<ServerProcess>,
    /** The password is printed once only. */
    readonly env: Record<string, string>,
  ) {
    this.#server = server;
  }

  /** Kills it and starts it again. */
  async kill(times: FaultTimes, downMs: number): Promise<void> {
    const end = times.begin("server");
    await this.#server.end("SIGKILL");
    await delay(downMs);
    this.#server = await this.restart(this.#server.address);
    end();
  }

  /** Ends it as an administrator would. @returns Its exit code. */
  async stop(): Promise<number> {
    return (await this.#server.end()).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

/** A file system in memory that can be filled. */
export class SmallDisk {
  private constructor(readonly path: string) {}

  /** @throws If it cannot be mounted. */
  static async mount(path: string, bytes: number): Promise<SmallDisk> {
    await Deno.mkdir(path);
    const args = ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", path];
    const { success, stderr } = await new Deno.Command("mount", { args }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
    return new SmallDisk(path);
  }

  /** The share of it that is in use, from 0 to 1. */
  async usage(): Promise<number> {
    const args = ["-f", "-c", "%b %f", this.path];
    const { stdout } = await new Deno.Command("stat", { args }).output();
    const [blocks, free] = new TextDecoder().decode(stdout).trim().split(" ").map(Number);
    return 1 - free! / blocks!;
  }

  /** Fills it for a while, up to some blocks. */
  async fill(times: FaultTimes, chance: Chance, heldMs: number): Promise<void> {
    const ballast = `${this.path}/ballast`;
    const end = times.begin("disk");
    {
      using file = await Deno.open(ballast, { write: true, create: true });
      const block = new Uint8Array(256 * 1024);
      try {
        for (;;) await file.write(block);
      } catch {
        // It is full.
      }
      const { size } = await file.stat();
      await file.truncate(Math.max(0, size - chance.below(4) * 64 * 1024));
    }
    await delay(heldMs);
    await Deno.remove(ballast);
    end();
  }
}
