import { concatBytes } from "../../lib/bytes/mod.ts";
import { connectTls, createSelfSignedCertificate, TlsListener } from "../../lib/tls/mod.ts";
import type { Duplex } from "../../lib/duplex/mod.ts";
import type { TestServer } from "./test_server.ts";

const PREFACE_BYTES = 24;
const FRAME_HEADER_BYTES = 9;
const SWITCHING = "HTTP/1.1 101";

/** How a connection ends: reset, closed in good order, or silent without an end. */
export type CutMode = "reset" | "end" | "stall";

/**
 * Stands between client and server, ends TLS on both sides, and cuts an upgraded connection exactly
 * behind the HTTP/2 frame with a given number, counted over both directions.
 */
export class CuttingProxy implements AsyncDisposable {
  /** Frames of the connections to cut that may pass; the preface counts as one. */
  framesToPass = Infinity;
  mode: CutMode = "reset";
  /** Frames that have passed since the last {@linkcode restart}. */
  frames = 0;
  #isCut = false;
  readonly #open = new Set<Duplex>();
  #listener: TlsListener | undefined;

  private constructor(readonly server: TestServer, readonly fingerprint: string) {}

  static async start(server: TestServer): Promise<CuttingProxy> {
    const made = await createSelfSignedCertificate({ names: ["localhost"] });
    const proxy = new CuttingProxy(server, made.fingerprint);
    proxy.#listener = await TlsListener.listen({ port: 0, ...made }, ({ duplex }) => {
      proxy.#relay(duplex).catch(() => duplex.abort());
    });
    return proxy;
  }

  get port(): number {
    return this.#listener!.port;
  }

  /**
   * Counts from the start again.
   *
   * @param frames How many may pass before the one upgraded connection that follows is cut.
   */
  restart(frames: number, mode: CutMode = "reset"): void {
    this.framesToPass = frames;
    this.mode = mode;
    this.frames = 0;
    this.#isCut = false;
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const duplex of this.#open) duplex.abort();
    this.#listener?.close();
    return Promise.resolve();
  }

  async #relay(client: Duplex): Promise<void> {
    const { duplex: server } = await connectTls({
      host: "127.0.0.1",
      port: this.server.port,
      fingerprint: this.server.certificate.fingerprint,
    });
    this.#open.add(client).add(server);
    const upgraded = { yes: false };
    await Promise.allSettled([
      this.#pump(client, server, upgraded, "client"),
      this.#pump(server, client, upgraded, "server"),
    ]);
    this.#open.delete(client);
    this.#open.delete(server);
  }

  async #pump(
    from: Duplex,
    to: Duplex,
    upgraded: { yes: boolean },
    side: "client" | "server",
  ): Promise<void> {
    let pending = new Uint8Array();
    let expectsPreface = side === "client";
    try {
      for (let bytes = await from.read(); bytes !== undefined; bytes = await from.read()) {
        if (!upgraded.yes) {
          if (side === "client" || !startsWith(bytes, SWITCHING)) {
            await to.write(bytes);
            continue;
          }
          const end = new TextDecoder("latin1").decode(bytes).indexOf("\r\n\r\n") + 4;
          upgraded.yes = true;
          await to.write(bytes.slice(0, end));
          pending = bytes.slice(end);
        } else pending = concatBytes([pending, bytes]);
        for (;;) {
          const length = expectsPreface ? PREFACE_BYTES : frameLength(pending);
          if (length === undefined || pending.length < length) break;
          expectsPreface = false;
          if (!this.#mayPass()) return await this.#cut(from, to);
          await to.write(pending.slice(0, length));
          pending = pending.slice(length);
        }
      }
      if (!this.#isCut || this.mode !== "stall") await to.close();
    } catch {
      to.abort();
    }
  }

  #mayPass(): boolean {
    if (this.#isCut && this.mode === "stall") return false;
    if (this.#isCut) return true;
    if (this.frames >= this.framesToPass) return false;
    this.frames++;
    return true;
  }

  async #cut(from: Duplex, to: Duplex): Promise<void> {
    this.#isCut = true;
    if (this.mode === "stall") return await new Promise(() => {});
    if (this.mode === "reset") {
      from.abort();
      to.abort();
    } else await Promise.allSettled([from.close(), to.close()]);
  }
}

function frameLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < FRAME_HEADER_BYTES) return undefined;
  return FRAME_HEADER_BYTES + (bytes[0]! << 16 | bytes[1]! << 8 | bytes[2]!);
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return new TextDecoder("latin1").decode(bytes.subarray(0, text.length)) === text;
}
