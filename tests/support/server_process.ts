import { clientCommand } from "./run_client.ts";
import { TempDir } from "./temp_dir.ts";

/** `pbs-client serve` as a process of its own. */
export class ServerProcess implements AsyncDisposable {
  private constructor(
    readonly child: Deno.ChildProcess,
    /** Holds the folders `store` and `config`. */
    readonly dir: { readonly path: string },
    /** The folder, if it goes with the server. */
    readonly ownDir: TempDir | undefined,
    /** The first lines it printed, up to the fingerprint. */
    readonly greeting: string,
    /**
     * Where it listens. One that is to be started there again should have an `ownLoopback`, whose ports
     * nobody takes meanwhile.
     */
    readonly address: string,
  ) {}

  get host(): string {
    return this.address.slice(0, this.address.lastIndexOf(":"));
  }

  get port(): number {
    return Number(this.address.slice(this.address.lastIndexOf(":") + 1));
  }

  /**
   * Starts it on a free port with a new datastore `store1`.
   *
   * @param options.dir What an earlier one left: the same datastore and configuration again. It
   *   stays when the server has gone.
   */
  static async start(
    options: {
      env?: Record<string, string>;
      listen?: string;
      under?: readonly string[];
      dir?: { readonly path: string };
      /** Where the datastore is; default `store` in the folder. */
      store?: string;
      /** Default `inherit`; piped, the error of a start that fails has it. */
      stderr?: "inherit" | "piped";
      /** The words that start the program; default this clone in this runtime. */
      program?: readonly string[];
    } = {},
  ): Promise<ServerProcess> {
    const ownDir = options.dir === undefined ? await TempDir.make("/dev/shm") : undefined;
    const dir = options.dir ?? ownDir!;
    const words = [
      "serve",
      `--datastore=store1=${options.store ?? `${dir.path}/store`}`,
      `--config=${dir.path}/config`,
      `--listen=${options.listen ?? "127.0.0.1:0"}`,
    ];
    const [command = "", ...args] = options.program === undefined
      ? clientCommand(words, options.under)
      : [...options.under ?? [], ...options.program, ...words];
    const child = new Deno.Command(command, {
      args,
      stdin: "null",
      stdout: "piped",
      stderr: options.stderr ?? "inherit",
      env: { PBS_LOG: "error", ...options.env },
    }).spawn();
    let greeting = "";
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    // The whole line: it may come in two parts.
    while (!/^export PBS_FINGERPRINT='.*'$/m.test(greeting)) {
      const { value, done } = await reader.read();
      if (done) {
        const stderr = options.stderr === "piped" ? await new Response(child.stderr).text() : "";
        await child.status;
        throw new Error(`the server ended:\n${greeting}${stderr}`);
      }
      greeting += value;
    }
    reader.cancel();
    if (options.stderr === "piped") child.stderr.cancel();
    const [, address = ""] = /listening on (\S+:\d+)/.exec(greeting) ?? [];
    return new ServerProcess(child, dir, ownDir, greeting, address);
  }

  /** The environment that the greeting tells a client to use. */
  get clientEnvironment(): Record<string, string> {
    const variables = this.greeting.matchAll(/^export (\w+)='(.*)'$/gm);
    return Object.fromEntries([...variables].map(([, name, value]) => [name!, value!]));
  }

  /** The highest amount of memory it ever had resident, bytes. */
  peakMemoryBytes(): number {
    return this.#status("VmHWM");
  }

  /** Memory that it has resident now, bytes. */
  memoryBytes(): number {
    return this.#status("VmRSS");
  }

  #status(name: string): number {
    const status = Deno.readTextFileSync(`/proc/${this.child.pid}/status`);
    return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
  }

  /** Sends a signal and waits for the end. */
  async end(signal: Deno.Signal = "SIGTERM"): Promise<Deno.CommandStatus> {
    try {
      this.child.kill(signal);
    } catch {
      // It has ended already.
    }
    return await this.child.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
    await this.ownDir?.[Symbol.asyncDispose]();
  }
}
