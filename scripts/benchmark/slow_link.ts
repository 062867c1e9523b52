import { fromFileUrl } from "@std/path";
const CHECK_BYTES = 512e6;
const CHECK_PIECE_BYTES = 256 * 1024;

/** What went over a link. */
export interface LinkCounts {
  readonly upBytes: number;
  readonly downBytes: number;
}

/** A link of a given rate and delay to a port of this machine; see relay.ts. */
export class SlowLink implements AsyncDisposable {
  readonly port: number;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;

  private constructor(
    child: Deno.ChildProcess,
    output: ReadableStreamDefaultReader<string>,
    port: number,
  ) {
    this.#child = child;
    this.#input = child.stdin.getWriter();
    this.#output = output;
    this.port = port;
  }

  /**
   * Starts a link.
   *
   * @param targetPort Where it leads.
   * @param delayMs Of each byte, each way.
   * @param bytesPerSecond Each way.
   */
  static async start(
    targetPort: number,
    delayMs: number,
    bytesPerSecond: number,
  ): Promise<SlowLink> {
    const relay = fromFileUrl(new URL("relay.ts", import.meta.url));
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-all", relay]
        .concat([targetPort, delayMs, bytesPerSecond].map(String)),
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const { port } = JSON.parse((await output.read()).value!) as { port: number };
    return new SlowLink(child, output, port);
  }

  /** What has gone over the link until now. */
  async counts(): Promise<LinkCounts> {
    await this.#input.write(new TextEncoder().encode("\n"));
    return JSON.parse((await this.#output.read()).value!) as LinkCounts;
  }

  /** Ends the link. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    await this.#output.cancel();
    await this.#child.status;
  }
}

/**
 * What a link carries when nothing else is the limit: plain TCP, one direction after the other.
 *
 * @returns MB/s (10^6) up and down.
 */
export async function checkLink(
  delayMs: number,
  bytesPerSecond: number,
): Promise<{ up: number; down: number }> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using link = await SlowLink.start(listener.addr.port, delayMs, bytesPerSecond);
  const near = await Deno.connect({ hostname: "127.0.0.1", port: link.port });
  const far = await listener.accept();
  const up = await transfer(near, far);
  const down = await transfer(far, near);
  near.close();
  far.close();
  return { up, down };
}

async function transfer(from: Deno.TcpConn, to: Deno.TcpConn): Promise<number> {
  const started = performance.now();
  const send = async () => {
    const piece = new Uint8Array(CHECK_PIECE_BYTES);
    for (let sent = 0; sent < CHECK_BYTES;) {
      sent += await from.write(piece.subarray(0, Math.min(piece.length, CHECK_BYTES - sent)));
    }
  };
  const receive = async () => {
    const piece = new Uint8Array(CHECK_PIECE_BYTES);
    for (let got = 0; got < CHECK_BYTES;) got += (await to.read(piece))!;
  };
  await Promise.all([send(), receive()]);
  return CHECK_BYTES / 1e3 / (performance.now() - started);
}
