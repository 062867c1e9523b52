import { setTimeout as delay } from "node:timers/promises";
import { LockedError, PbsError } from "../errors/mod.ts";
import {
  type BackupSnapshot,
  type Elsewhere,
  isTransientError,
  type SnapshotSource,
} from "../repository/mod.ts";

/** Time for which a lost connection is waited for before a read fails. */
const WAIT_MS = 60_000;
const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 3000;
/** Connections that one read may lose, each of which was made. */
const MAX_ATTEMPTS = 8;

/** How a {@linkcode ReconnectingSource} connects, and who hears of it. */
export interface ReconnectingSourceOptions {
  /** Opens the snapshot anew. */
  open(): Promise<SnapshotSource>;
  /** Time for which a lost connection is waited for before a read fails; a minute if absent. */
  readonly waitMs?: number;
  /** The connection was lost, and is being made again. */
  readonly onLost?: (error: unknown) => void;
  /** It is there again. */
  readonly onBack?: () => void;
}

/**
 * A snapshot that stays readable when the connection to its server is lost: what was being read waits
 * until the server is back, and is read again.
 */
export class ReconnectingSource implements SnapshotSource {
  readonly #options: ReconnectingSourceOptions;
  /** Files that were read: an index must be read before its chunks are given out. */
  readonly #files = new Set<string>();
  /** The source that is read from; rejected while nobody tries to connect. */
  #source: Promise<SnapshotSource>;
  /** Other places; they outlive the connection that told of them. */
  readonly elsewhere: Elsewhere | undefined;
  #closed = false;
  #fileBytes = 0;

  private constructor(
    readonly snapshot: BackupSnapshot,
    source: SnapshotSource,
    options: ReconnectingSourceOptions,
  ) {
    this.elsewhere = source.elsewhere;
    this.#source = Promise.resolve(source);
    this.#options = options;
  }

  /** Opens the snapshot; that it cannot be opened now is an error, and not waited for. */
  static async open(options: ReconnectingSourceOptions): Promise<ReconnectingSource> {
    const source = await options.open();
    return new ReconnectingSource(source.snapshot, source, options);
  }

  /** Bytes of the files that were read. */
  get fileBytes(): number {
    return this.#fileBytes;
  }

  /** See {@linkcode SnapshotSource.readFile}. */
  async readFile(name: string): Promise<Uint8Array> {
    const bytes = await this.#lasting((source) => source.readFile(name));
    this.#files.add(name);
    this.#fileBytes += bytes.byteLength;
    return bytes;
  }

  /** See {@linkcode SnapshotSource.readChunk}. @throws {ConnectionError} if the server stays away. */
  async readChunk(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void> {
    let memory: Uint8Array | undefined;
    await this.#lasting((source) =>
      source.readChunk(digest, (length) => {
        // It is handed out once; an attempt that was cut off may have asked for it.
        memory ??= buffer(length);
        if (memory.byteLength === length) return memory;
        throw new PbsError(`a chunk has ${length} bytes now instead of ${memory.byteLength}`);
      })
    );
  }

  /** Closes the connection; reads that wait fail. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const source = await this.#source.catch(() => undefined);
    await source?.[Symbol.asyncDispose]();
  }

  async #lasting<T>(read: (source: SnapshotSource) => Promise<T>): Promise<T> {
    for (let attempt = 1;; attempt++) {
      const current = this.#source;
      let source: SnapshotSource | undefined;
      try {
        source = await current;
        return await read(source);
      } catch (error) {
        if (this.#closed || source !== undefined && !isTransientError(error)) throw error;
        if (attempt === MAX_ATTEMPTS) throw error;
        if (this.#source === current) this.#reconnect(error, source);
        // The first to notice connects; all others wait with it, and fail with it.
        await this.#source;
      }
    }
  }

  #reconnect(lost: unknown, source: SnapshotSource | undefined): void {
    this.#options.onLost?.(lost);
    if (source !== undefined) closeQuietly(source);
    this.#source = this.#connect();
    this.#source.then(() => this.#options.onBack?.(), () => {});
  }

  async #connect(): Promise<SnapshotSource> {
    const end = performance.now() + (this.#options.waitMs ?? WAIT_MS);
    for (let pauseMs = FIRST_PAUSE_MS;; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      try {
        return await this.#connectOnce();
      } catch (error) {
        const mayPass = isTransientError(error) || error instanceof LockedError;
        if (!mayPass || this.#closed || performance.now() + pauseMs > end) throw error;
      }
      await delay(pauseMs);
    }
  }

  async #connectOnce(): Promise<SnapshotSource> {
    const source = await this.#options.open();
    try {
      for (const name of this.#files) await source.readFile(name);
      return source;
    } catch (error) {
      await closeQuietly(source);
      throw error;
    }
  }
}

/** Closes what is broken anyway. */
async function closeQuietly(source: SnapshotSource): Promise<void> {
  try {
    await source[Symbol.asyncDispose]();
  } catch {
    // It is broken.
  }
}
