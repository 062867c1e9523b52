import { runPeer } from "../run_peer.ts";
import { TempDir } from "../temp_dir.ts";

/** One system call that is to fail once. */
export interface FailingCall {
  /** Its name in the log of the program beside this file, e.g. `openat-create`. */
  readonly call: string;
  /** Pattern of the path it is made on, or `tcp`. */
  readonly glob: string;
  /** Which one of those that match, from 1. */
  readonly nth: number;
  /** Error number. */
  readonly errno: number;
}

/** A system call as the log has it. */
export interface LoggedCall {
  readonly call: string;
  readonly path: string;
  /** Whether it was one that was made to fail. */
  readonly failed: boolean;
}

const source = new URL("fail_calls.c", import.meta.url).pathname;

/** The program that lets system calls of others fail, built for the scope it was made in. */
export class FailCalls implements AsyncDisposable {
  private constructor(readonly dir: TempDir) {}

  /** @throws If there is no C compiler, or this kernel or container does not let calls be watched. */
  static async build(): Promise<FailCalls> {
    const dir = await TempDir.make("/dev/shm");
    try {
      const program = `${dir.path}/fail_calls`;
      await runPeer("cc", ["-O2", "-Wall", "-Wextra", "-Werror", "-o", program, source]);
      await runPeer(program, ["--", "true"]);
    } catch (error) {
      await dir[Symbol.asyncDispose]();
      throw error;
    }
    return new FailCalls(dir);
  }

  /**
   * What to put before a command.
   *
   * @param options.log File that gets a line for each call.
   * @param options.under The folders whose calls are looked at.
   * @param options.control FIFO through which the rules are set while the command runs.
   */
  before(
    options: {
      log: string;
      under: readonly string[];
      control?: string;
      fail?: readonly FailingCall[];
    },
  ): string[] {
    return [
      `${this.dir.path}/fail_calls`,
      ...["--log", options.log],
      ...options.under.flatMap((folder) => ["--under", folder]),
      ...(options.control === undefined ? [] : ["--control", options.control]),
      ...(options.fail ?? []).flatMap((fail) => ["--rule", ruleOf(fail)]),
      "--",
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dir[Symbol.asyncDispose]();
  }
}

/** A failing call as the program takes it. */
export function ruleOf({ call, errno, nth, glob }: FailingCall): string {
  return `${call} ${errno} ${nth} ${glob}`;
}

/** The calls of a log, in the order in which they were made. */
export function parseCalls(log: string): LoggedCall[] {
  return log.split("\n").filter((line) => line.includes("\t")).map((line) => {
    const [name = "", path = ""] = line.split("\t");
    const failed = name.startsWith("!");
    return { call: failed ? name.slice(1) : name, path, failed };
  });
}
