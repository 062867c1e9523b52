import { fromFileUrl } from "@std/path";
import { runInProcess } from "./cli_in_process.ts";
import { RECORDED_REPOSITORY, Scratch } from "./cli_scratch.ts";
import type { RecordedRun } from "./cli_vectors.ts";
import { PREPARATIONS } from "./cli_story_preparations.ts";
import { TempDir } from "./temp_dir.ts";
import { clientCommand, runClient, runtimeFolder } from "./run_client.ts";
import { TestServer } from "./test_server.ts";

const DRIVER = fromFileUrl(new URL("./run_on_terminal.py", import.meta.url));
const SHELL_DRIVER = fromFileUrl(new URL("./type_on_terminal.py", import.meta.url));
const PASSWORD = "the password";
const TOKEN_SECRET = "the secret";
const DATASTORE = "audit-cli";
/** The address of the recorded server. */
const RECORDED_SERVER = "127.0.0.1:8007";
const RECORDED_USER = "test@pbs";
const RECORDED_TOKEN = "test@pbs!tok1";

/** How a run ended here. */
export interface StoryRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A server that is called like the recorded one, and the scratch files of the records. */
export class StoryWorld implements AsyncDisposable {
  readonly #places: readonly (readonly [string, string])[];

  private constructor(
    readonly server: TestServer,
    readonly scratch: Scratch,
    readonly runtime: TempDir,
  ) {
    this.#places = [
      [RECORDED_SERVER, `127.0.0.1:${server.port}`],
      ["<PASSWORD>", PASSWORD],
      ["<TOKEN-SECRET>", TOKEN_SECRET],
      ["<FINGERPRINT>", server.certificate.fingerprint],
      ["<RUNTIME>", runtime.path],
      ["<STORE>", server.datastorePath],
    ];
  }

  /** Starts with an empty datastore. */
  static async start(): Promise<StoryWorld> {
    const server = await TestServer.start({
      accounts: {
        accounts: [RECORDED_USER, RECORDED_TOKEN, "root@pam"].map((authId) => ({
          authId,
          enabled: true,
          expire: 0,
        })),
        rules: [
          { path: "/datastore", authId: RECORDED_USER, roles: ["Admin"], propagate: true },
          {
            path: `/datastore/${DATASTORE}`,
            authId: RECORDED_TOKEN,
            roles: ["DatastoreAudit"],
            propagate: true,
          },
        ],
        secrets: { [RECORDED_USER]: PASSWORD, [RECORDED_TOKEN]: TOKEN_SECRET },
      },
      datastores: (path) => [{ name: DATASTORE, path }],
    });
    const scratch = await Scratch.create();
    const { folder } = scratch;
    await Deno.writeFile(`${folder}/work/big.raw`, new Uint8Array(9_000_000).fill(7));
    await Deno.mkdir(`${folder}/work/nbhome`);
    const runtime = await TempDir.make();
    await Deno.chmod(runtime.path, 0o700);
    return new StoryWorld(server, scratch, runtime);
  }

  /** Runs what was recorded; in a process of its own where descriptors or the folder matter. */
  async replay(run: RecordedRun): Promise<StoryRun> {
    // A task that nobody waited for.
    await this.server.server.state.tasks.idle();
    for (const [names, prepare] of PREPARATIONS) {
      if (names.test(run.name)) await prepare(this, run.name);
    }
    const env = this.#environment(run.env);
    const argv = run.argv.map((word) => this.#put(word));
    const ended = needsProcess(run)
      ? await this.#asProcess(run, argv, env)
      : { ...await runInProcess(argv, env), stdoutBytes: 0 };
    if (run.argv[0] === "mount") await unmount(this.#put("<WORK>/mp"));
    const stdout = /^<\d+ bytes>$/.test(run.stdout)
      ? `<${ended.stdoutBytes} bytes>`
      : this.#back(ended.stdout);
    return { code: ended.code, stdout, stderr: this.#back(ended.stderr) };
  }

  /** Runs what was recorded in a process of its own, under a command such as `nsenter`. */
  async replayUnder(run: RecordedRun, under: readonly string[]): Promise<StoryRun> {
    const argv = run.argv.map((word) => this.#put(word));
    const { code, stdout, stderr } = await this.#asProcess(
      run,
      argv,
      this.#environment(run.env),
      under,
    );
    return { code, stdout: this.#back(stdout), stderr: this.#back(stderr) };
  }

  /**
   * Runs what was recorded on a terminal of its size; the transcript is the standard output.
   *
   * @param prompt What appears before each line is typed; that of a question if absent.
   */
  async replayOnTerminal(run: RecordedRun, prompt?: string): Promise<StoryRun> {
    const [, columns, rows] = /terminal of (\d+)x(\d+)/.exec(run.notes)!;
    const variables = Object.entries(this.#environment(run.env));
    const typed = run.stdin?.match(/[^\r]*\r|[^\r]+$/g) ?? [];
    const argv = run.argv.map((word) => this.#put(word));
    const driver = prompt === undefined
      ? [DRIVER, JSON.stringify(typed)]
      : [SHELL_DRIVER, JSON.stringify(typed.map((line) => [prompt, line]))];
    const { code, stdout, stderr } = await new Deno.Command("python3", {
      args: [
        ...driver,
        ...["sh", "-c", `stty columns ${columns} rows ${rows}; exec "$@"`, "sh", "env"],
        ...variables.flatMap(([name, value]) => value === null ? ["-u", name] : []),
        ...variables.flatMap(([name, value]) => value === null ? [] : [`${name}=${value}`]),
        ...clientCommand(argv),
      ],
      cwd: this.#put("<OUT>"),
      env: { DENO_DIR: runtimeFolder() },
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    return { code, stdout: this.#back(text.decode(stdout)), stderr: text.decode(stderr) };
  }

  /** Runs what was not recorded. @throws {Error} if it fails. */
  async run(argv: readonly string[]): Promise<void> {
    const words = argv.map((word) => this.#put(word));
    const { code, stderr } = await runInProcess(words, this.#environment({}));
    if (code !== 0) throw new Error(`${argv.join(" ")}: ${stderr}`);
  }

  /** The path that stands for a placeholder's. */
  path(recorded: string): string {
    return this.#put(recorded);
  }

  #environment(env: RecordedRun["env"]): Record<string, string | null> {
    const variables: Record<string, string | null> = {
      PBS_REPOSITORY: RECORDED_REPOSITORY,
      PBS_PASSWORD: PASSWORD,
      PBS_FINGERPRINT: "<FINGERPRINT>",
      LANG: "C.UTF-8",
      TZ: "UTC",
      HOME: "<HOME>",
      XDG_RUNTIME_DIR: "<RUNTIME>",
      ...env,
    };
    return Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, value && this.#put(value)]),
    );
  }

  async #asProcess(
    run: RecordedRun,
    argv: readonly string[],
    env: Record<string, string | null>,
    under: readonly string[] = [],
  ): Promise<StoryRun & { readonly stdoutBytes: number }> {
    const given = Object.entries(env).flatMap(([name, value]) =>
      value === null ? [] : [[name, value] as const]
    );
    const unset = Object.keys(env).filter((name) => env[name] === null);
    const umask = /umask (\d+)/.exec(run.notes)?.[1];
    return await runClient(argv, {
      env: Object.fromEntries(given),
      cwd: this.#put(run.argv.some((word) => word.includes(":tree/")) ? "<TREE>/.." : "<OUT>"),
      under: [
        ...under,
        "env",
        ...unset.flatMap((name) => ["-u", name]),
        ...umask === undefined ? [] : ["sh", "-c", `umask ${umask}; exec "$@"`, "sh"],
      ],
      ...(run.stdin === null ? {} : { stdin: new TextEncoder().encode(run.stdin) }),
    });
  }

  #put(text: string): string {
    if (text === "8007") return String(this.server.port);
    return this.scratch.withPaths(
      this.#places.reduce((all, [name, by]) => all.replaceAll(name, by), text),
    );
  }

  #back(text: string): string {
    return this.scratch.withPlaceholders(
      this.#places.reduce((all, [name, by]) => all.replaceAll(by, name), text),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.scratch[Symbol.asyncDispose]();
    await this.runtime[Symbol.asyncDispose]();
  }
}

async function unmount(path: string): Promise<void> {
  const args = ["-u", "-q", path];
  await new Deno.Command("fusermount3", { args, stdout: "null", stderr: "null" }).output();
}

/** Time zones, descriptors, folders and a standard input that is no terminal. */
function needsProcess({ argv, env, stdin, stderr, notes }: RecordedRun): boolean {
  return stdin !== null || env.TZ !== undefined ||
    /no password input|secret must be/.test(stderr ?? "") ||
    (argv[0] === "restore" && argv.includes("-")) ||
    argv[0] === "group" && argv[1] === "forget" || argv[0] === "mount" ||
    notes.includes("umask") || argv.some((word) => word.includes(":tree/"));
}
