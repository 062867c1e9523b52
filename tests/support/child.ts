import { fromFileUrl } from "@std/path";
/** A script that runs as a process of its own and tells by a line how far it is. */
export class Child implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #lines: AsyncIterator<string>;

  /** @param script File of this folder. */
  constructor(script: string, args: readonly string[]) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-lock", fromFileUrl(new URL(script, import.meta.url)), ...args],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#lines = readLines(this.#process.stdout)[Symbol.asyncIterator]();
  }

  /** The next line that it writes, or `""` if it has ended. */
  async line(): Promise<string> {
    return (await this.#lines.next()).value ?? "";
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
  }

  /** Lets it end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stdin.close().catch(() => {});
    await this.#process.status;
    await this.#process.stdout.cancel().catch(() => {});
  }
}

async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream() as never)) {
    rest += text;
    const lines = rest.split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
