import { setTimeout as delay } from "node:timers/promises";
const STARTED = "export PBS_FINGERPRINT=";
const START_POLL_MS = 50;
const START_PATIENCE_MS = 60_000;

/** A datastore behind `pbs-client serve`, on the loopback device. */
export class ServedStore implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #folder: string;
  readonly #variables: ReadonlyMap<string, string>;

  private constructor(
    child: Deno.ChildProcess,
    folder: string,
    variables: ReadonlyMap<string, string>,
  ) {
    this.#child = child;
    this.#folder = folder;
    this.#variables = variables;
  }

  /**
   * Starts a server with an empty datastore.
   *
   * @param program How pbs-client is started.
   * @param folder For configuration and datastore; made.
   */
  static async start(program: string, folder: string): Promise<ServedStore> {
    await Deno.mkdir(folder, { mode: 0o700 });
    const child = new Deno.Command("bash", {
      args: [
        "-c",
        `exec ${program} serve --config '${folder}/config' --listen 127.0.0.1:0 ` +
        `--datastore 'bench=${folder}/store' >'${folder}/introduction' 2>'${folder}/log'`,
      ],
      stdin: "null",
    }).spawn();
    for (let waitedMs = 0; waitedMs < START_PATIENCE_MS; waitedMs += START_POLL_MS) {
      await delay(START_POLL_MS);
      const text = await Deno.readTextFile(`${folder}/introduction`);
      if (!text.includes(STARTED)) continue;
      const exports = text.matchAll(/^export ([A-Z_]+)='(.*)'$/gm);
      return new ServedStore(
        child,
        folder,
        new Map([...exports].map(([, name, value]) => [name!, value!])),
      );
    }
    throw new Error(`the server did not start: ${await Deno.readTextFile(`${folder}/log`)}`);
  }

  get processId(): number {
    return this.#child.pid;
  }

  get port(): number {
    return Number(this.#variables.get("PBS_REPOSITORY")!.split(":")[1]);
  }

  /** Environment of a client. @param port Of something in between, if there is. */
  environment(port: number = this.port): Record<string, string> {
    return {
      PBS_REPOSITORY: this.#variables.get("PBS_REPOSITORY")!.replace(/:\d+:/, `:${port}:`),
      PBS_PASSWORD: this.#variables.get("PBS_PASSWORD")!,
      PBS_FINGERPRINT: this.#variables.get("PBS_FINGERPRINT")!,
      XDG_CONFIG_HOME: this.#folder,
      XDG_RUNTIME_DIR: this.#folder,
    };
  }

  /** Ends the server. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
  }
}
