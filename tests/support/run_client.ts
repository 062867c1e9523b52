import { fromFileUrl } from "@std/path";
/** What a run of the program left. */
export interface ClientRun {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a run differs from the usual. */
export interface ClientOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly stdin?: Uint8Array;
  /** A command that the program is run under, e.g. `["setpriv", "--reuid=1000", …]`. */
  readonly under?: readonly string[];
}

const entry = fromFileUrl(new URL("../../cli/main.ts", import.meta.url));

/** Where the runtime keeps its modules, whatever the cache folder is. */
export function runtimeFolder(): string {
  const { DENO_DIR, HOME, XDG_CACHE_HOME } = Deno.env.toObject();
  return DENO_DIR ?? `${XDG_CACHE_HOME ?? `${HOME}/.cache`}/deno`;
}

/** What every run gets. The cache of whoever runs the tests is none of theirs. */
function commonEnvironment(): Record<string, string> {
  return {
    PBS_REPOSITORY: "",
    TZ: "UTC",
    LANG: "C.UTF-8",
    DENO_DIR: runtimeFolder(),
    // As the start script has it: looking for a new runtime takes over the signals.
    DENO_NO_UPDATE_CHECK: "1",
    XDG_CACHE_HOME: "/dev/null",
  };
}

/** The command line that starts the program with these arguments. */
export function clientCommand(args: readonly string[], under: readonly string[] = []): string[] {
  return [
    ...under,
    Deno.execPath(),
    "run",
    "--quiet",
    "--allow-all",
    "--cached-only",
    entry,
    ...args,
  ];
}

/** Starts the program without waiting for it; its output is discarded unless piped. */
export function spawnClient(
  args: readonly string[],
  options: ClientOptions & { readonly output?: "piped" | "null" } = {},
): Deno.ChildProcess {
  const [command, ...rest] = clientCommand(args, options.under);
  return new Deno.Command(command!, {
    args: rest,
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: options.output ?? "null",
    stderr: options.output ?? "null",
    env: { ...commonEnvironment(), ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  }).spawn();
}

/** Runs the program to its end. @returns Also how long its output was, text or not. */
export async function runClient(
  args: readonly string[],
  options: ClientOptions = {},
): Promise<ClientRun & { readonly stdoutBytes: number }> {
  const child = spawnClient(args, { ...options, output: "piped" });
  if (options.stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(options.stdin).catch(() => {});
    await writer.close().catch(() => {});
  }
  const output = await child.output();
  const decoder = new TextDecoder();
  return {
    code: output.code,
    signal: output.signal,
    stdout: decoder.decode(output.stdout),
    stdoutBytes: output.stdout.byteLength,
    stderr: decoder.decode(output.stderr),
  };
}

/** Runs the program and fails the test, with its output, unless it succeeds. */
export async function runClientOk(
  args: readonly string[],
  options: ClientOptions = {},
): Promise<ClientRun> {
  const run = await runClient(args, options);
  if (run.code !== 0) {
    throw new Error(`pbs-client ${args.join(" ")} ended with ${run.code}:\n${run.stderr}`);
  }
  return run;
}
