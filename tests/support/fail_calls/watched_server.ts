import { setTimeout as delay } from "node:timers/promises";
import { ServerProcess } from "../server_process.ts";
import type { TempDir } from "../temp_dir.ts";
import { runPeer } from "../run_peer.ts";
import {
  type FailCalls,
  type FailingCall,
  type LoggedCall,
  parseCalls,
  ruleOf,
} from "./fail_calls.ts";

const PAUSE_MS = 5;
const PATIENCE_MS = 120_000;
/** For the call that is to fail; it only takes this long where the call is not made at all. */
const GRACE_MS = 20_000;
/** Quiet after which a server is taken to be done with what follows its last answer. */
const SETTLE_MS = 300;

/** A server whose system calls are watched, and fail when they are asked to. */
export class WatchedServer implements AsyncDisposable {
  /** Answers of the log that were seen. */
  #answers = 0;
  #logRead = 0;

  private constructor(
    readonly server: ServerProcess,
    readonly control: Deno.FsFile,
    readonly log: string,
  ) {}

  /** @param dir Has the folder `store`; keeps what the server makes. */
  static async start(fail: FailCalls, dir: TempDir): Promise<WatchedServer> {
    const control = `${dir.path}/control`;
    const log = `${dir.path}/calls`;
    await runPeer("mkfifo", ["-m", "600", control]);
    const under = fail.before({ log, control, under: [`${dir.path}/store`, `${dir.path}/config`] });
    const server = await ServerProcess.start({ dir, under });
    return new WatchedServer(server, await Deno.open(control, { read: true, write: true }), log);
  }

  /** What it does meanwhile. */
  async callsDuring(body: () => Promise<void>): Promise<LoggedCall[]> {
    await this.#tell("clear");
    await body();
    for (let before = -1, size = 0; before !== size; size = (await Deno.stat(this.log)).size) {
      before = size;
      await delay(SETTLE_MS);
    }
    return parseCalls(await this.#tell("clear"));
  }

  /** Lets one call fail meanwhile. @returns Whether it came to that. */
  async failDuring(fault: FailingCall, body: () => Promise<void>): Promise<boolean> {
    await this.#tell(ruleOf(fault));
    await body();
    const isReached = () =>
      parseCalls(Deno.readTextFileSync(this.log).slice(this.#logRead)).some(({ failed }) => failed);
    // A server writes down that a task has ended after the client has heard of it.
    const deadline = Date.now() + GRACE_MS;
    while (!isReached() && Date.now() < deadline) await delay(PAUSE_MS);
    const reached = isReached();
    await this.#tell("clear");
    return reached;
  }

  /** @returns What the log has got since the last time, once the line has been read. */
  async #tell(line: string): Promise<string> {
    await this.control.write(new TextEncoder().encode(`${line}\n`));
    this.#answers++;
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const log = await Deno.readTextFile(this.log);
      if ((log.match(/^=$/gm)?.length ?? 0) >= this.#answers) {
        const added = log.slice(this.#logRead);
        this.#logRead = log.length;
        return added;
      }
      if (Date.now() > deadline) throw new Error("the watched server has ended");
      await delay(PAUSE_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.control.close();
    await this.server[Symbol.asyncDispose]();
  }
}
