import { ConnectionError } from "../errors/mod.ts";
import { type Duplex, PaceWatch } from "../duplex/mod.ts";
import { FloodGuard } from "./_flood_guard.ts";
import { FrameReceiver, type ReceiverEvents } from "./_frame_receiver.ts";
import type { Http2Stream } from "./_http2_stream.ts";
import { PeerSettings } from "./_peer_settings.ts";
import { StreamTable, type StreamTableEvents } from "./_stream_table.ts";
import { FrameReader } from "./frame_reader.ts";
import * as frames from "./frame_writer.ts";
import type { DecodedHeaders } from "./hpack_decoder.ts";
import { Http2Error } from "./http2_error.ts";
import { DEFAULT_WINDOW_BYTES, Http2ErrorCode as Code, SettingId } from "./http2_format.ts";
import { type Http2Options, settleHttp2Options } from "./http2_options.ts";
import type { SettledHttp2Options } from "./http2_options.ts";

/** Frames (acknowledgements, resets, heads) that may wait to be sent before we stop reading. */
const CONTROL_ROOM_BYTES = 1024 * 1024;
/** Time for a last GOAWAY to leave. */
const FAREWELL_MS = 1000;

/** The common part of client and server: the life of a connection from preface to end. */
export abstract class Http2Connection implements StreamTableEvents, ReceiverEvents {
  protected readonly options: SettledHttp2Options;
  protected readonly table: StreamTable;
  protected readonly peer: PeerSettings;
  protected readonly guard: FloodGuard = new FloodGuard();
  /** Why the connection ended; set once. */
  protected failure: Error | undefined;
  /** No new requests: a GOAWAY went out or came in. */
  protected draining = false;
  readonly #duplex: Duplex;
  readonly #receiver: FrameReceiver;
  readonly #reader: FrameReader;
  readonly #closed = Promise.withResolvers<Error | undefined>();
  readonly #pings = new Map<number, () => void>();
  #nextPing = 1;
  #lastReadMs = performance.now();
  #idleSinceMs = performance.now();
  #pingedAtMs: number | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #receivePace: PaceWatch | undefined;
  #sendPace: PaceWatch | undefined;

  constructor(duplex: Duplex, role: "client" | "server", options: Http2Options) {
    this.#duplex = duplex;
    this.options = settleHttp2Options(options, role);
    this.peer = new PeerSettings(role);
    this.table = new StreamTable(duplex, this.options, this.peer, this);
    this.#receiver = new FrameReceiver({
      role,
      table: this.table,
      peer: this.peer,
      guard: this.guard,
      maxHeaderListBytes: this.options.maxHeaderListBytes,
      events: this,
    });
    this.#reader = new FrameReader(this.#receiver, this.options.maxFrameBytes);
  }

  /** Resolves when the connection is over: with the reason, or without one after a regular end. */
  get closed(): Promise<Error | undefined> {
    return this.#closed.promise;
  }

  /** Name of the other end, for messages. */
  get peerName(): string {
    return this.#duplex.peer;
  }

  /** Requests that are open now. */
  get openStreams(): number {
    return this.table.open.size;
  }

  /**
   * Asks the peer for a sign of life.
   *
   * @returns The round trip in milliseconds.
   * @throws {ConnectionError} if the connection ends before the answer.
   */
  async ping(): Promise<number> {
    if (this.failure !== undefined) throw this.failure;
    const number = this.#nextPing++;
    const startMs = performance.now();
    const answered = new Promise<void>((resolve) => this.#pings.set(number, resolve));
    const payload = new Uint8Array(8);
    new DataView(payload.buffer).setUint32(4, number);
    this.table.output.control(frames.pingFrame(payload, false));
    await Promise.race([answered, this.closed]);
    if (this.#pings.delete(number)) throw this.failure ?? this.endOfConnection();
    return performance.now() - startMs;
  }

  /** Ends the connection immediately; open requests fail with `reason`. */
  abort(reason?: Error): void {
    const error = reason ?? new ConnectionError(`connection to ${this.#duplex.peer} was aborted`);
    if (this.#end(error)) this.#duplex.abort(error);
  }

  abstract headersComplete(streamId: number, headers: DecodedHeaders, endStream: boolean): void;
  abstract messageComplete(stream: Http2Stream): void;
  abstract goawayReceived(lastStreamId: number, error: Http2Error): void;
  abstract settingsChanged(): void;
  /** Requests that wait for something look again: a stream went, or the connection ended. */
  protected abstract wake(): void;

  /** @internal */
  streamGone(_stream: Http2Stream, _error: Error | undefined, _complete: boolean): void {
    if (this.table.open.size === 0) this.#idleSinceMs = performance.now();
    this.wake();
  }

  /** @internal */
  outputFailed(error: Error): void {
    this.abort(error);
  }

  /** @internal */
  pingAnswered(number: number): void {
    const answered = this.#pings.get(number);
    this.#pings.delete(number);
    answered?.();
  }

  /** Sends our half of the handshake and starts reading. */
  protected start(preface: Uint8Array | undefined, settings: [number, number][]): void {
    const { output } = this.table;
    if (preface !== undefined) output.control(preface);
    output.control(frames.settingsFrame([
      [SettingId.INITIAL_WINDOW_SIZE, this.options.streamWindowBytes],
      [SettingId.MAX_FRAME_SIZE, this.options.maxFrameBytes],
      ...settings,
    ]));
    // SETTINGS does not cover the connection's window (spec: protocol.md §10, 22).
    const increment = this.options.connectionWindowBytes - DEFAULT_WINDOW_BYTES;
    if (increment > 0) output.control(frames.windowUpdateFrame(0, increment));
    this.#startWatch();
    this.#readLoop();
  }

  #startWatch(): void {
    const { idleTimeoutMs, stallTimeoutMs, receivePace, sendPace } = this.options;
    if (receivePace !== undefined) this.#receivePace = new PaceWatch(receivePace);
    if (sendPace !== undefined) this.#sendPace = new PaceWatch(sendPace);
    const times = [idleTimeoutMs, stallTimeoutMs, receivePace?.withinMs, sendPace?.withinMs];
    const shortestMs = Math.min(...times.map((time) => time ?? Infinity));
    if (shortestMs === Infinity) return;
    const periodMs = Math.max(10, shortestMs / 4);
    let lastMs = performance.now();
    this.#watch = setInterval(() => {
      const nowMs = performance.now();
      // While we did not run, the peer was not slow.
      this.#checkPace(Math.min(nowMs - lastMs, 2 * periodMs));
      lastMs = nowMs;
      this.#checkTimeouts();
    }, periodMs);
  }

  /** Bytes in front of the first frame: the client's preface. @returns what is left of them. */
  protected takePreface(bytes: Uint8Array): Uint8Array {
    return bytes;
  }

  /** See {@linkcode FrameReceiver.endReceived}. */
  protected endReceived(stream: Http2Stream): void {
    this.#receiver.endReceived(stream);
  }

  /** No new requests; tells the peer so. */
  protected sendGoaway(code: number, text: string): void {
    this.draining = true;
    this.table.output.control(frames.goawayFrame(this.table.lastPeerId, code, text));
  }

  /** Sends what is queued, then ends the connection in good order. */
  protected async finish(): Promise<void> {
    await this.#farewell();
    this.#end(undefined);
    await this.#duplex.close().catch(() => {});
  }

  protected endOfConnection(): ConnectionError {
    return new ConnectionError(`connection to ${this.#duplex.peer} has ended`);
  }

  async #readLoop(): Promise<void> {
    try {
      while (this.failure === undefined) {
        const bytes = await this.#duplex.read();
        if (bytes === undefined) {
          const broken = this.table.open.size > 0 || !this.#reader.atBoundary;
          this.#end(broken ? this.endOfConnection() : undefined);
          await this.#duplex.close();
          return;
        }
        this.#lastReadMs = performance.now();
        this.#pingedAtMs = undefined;
        const rest = this.takePreface(bytes);
        this.table.memory.begin(bytes);
        if (rest.length > 0) this.#reader.feed(rest);
        this.table.memory.done(bytes);
        if (this.table.output.controlBytes > CONTROL_ROOM_BYTES) {
          await this.table.output.controlRoom(CONTROL_ROOM_BYTES);
        }
      }
    } catch (error) {
      await this.#failed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  async #failed(error: Error): Promise<void> {
    if (this.failure !== undefined) return;
    if (!(error instanceof Http2Error)) return this.abort(error);
    this.sendGoaway(error.code, error.message);
    this.table.removeAll(error);
    await this.#farewell();
    this.#end(error);
    await this.#duplex.close().catch(() => {});
  }

  /** Waits until what is queued has left, but not for a peer that takes nothing any more. */
  async #farewell(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, FAREWELL_MS));
    await Promise.race([this.table.output.drained(), late]);
    clearTimeout(timer);
  }

  /** @returns whether the connection was still up. */
  #end(error: Error | undefined): boolean {
    if (this.failure !== undefined) return false;
    this.failure = error ?? this.endOfConnection();
    this.draining = true;
    clearInterval(this.#watch);
    this.table.output.stop();
    this.table.removeAll(this.failure);
    this.#closed.resolve(error);
    this.wake();
    return true;
  }

  #checkPace(elapsedMs: number): void {
    const { awaited, receivedBytes, hasToSend, output } = this.table;
    if (this.#receivePace?.check(awaited, receivedBytes, elapsedMs)) {
      this.#tooSlow("sent", this.#receivePace.describe(receivedBytes));
    } else if (this.#sendPace?.check(new Set(hasToSend ? [0] : []), output.takenBytes, elapsedMs)) {
      this.#tooSlow("took", this.#sendPace.describe(output.takenBytes));
    }
  }

  #tooSlow(what: string, howMuch: string): void {
    this.abort(new ConnectionError(`${this.#duplex.peer} is too slow: it ${what} ${howMuch}`));
  }

  #checkTimeouts(): void {
    if (this.failure !== undefined) return;
    const nowMs = performance.now();
    const { idleTimeoutMs = Infinity, stallTimeoutMs = Infinity } = this.options;
    if (this.table.open.size === 0) {
      if (nowMs - this.#idleSinceMs >= idleTimeoutMs && !this.draining) {
        this.sendGoaway(Code.NO_ERROR, "idle");
        this.finish();
      }
      return;
    }
    if (this.#pingedAtMs === undefined) {
      if (nowMs - this.#lastReadMs < stallTimeoutMs) return;
      this.#pingedAtMs = nowMs;
      this.ping().catch(() => {});
    } else if (nowMs - this.#pingedAtMs >= stallTimeoutMs) {
      const silentMs = Math.round(nowMs - this.#lastReadMs);
      this.abort(
        new ConnectionError(
          `connection to ${this.#duplex.peer} stalled: nothing arrived for ${silentMs} ms`,
        ),
      );
    }
  }
}
