import { openNative } from "./library.ts";
import { NativeFunction } from "./native_functions.ts";
import {
  EXTRACT_COUNTERS_BYTES,
  EXTRACT_OPTIONS_BYTES,
  ExtractCountersByte,
  ExtractOptionsWord,
} from "./native_layout.ts";

const SYMBOLS = {
  pbs_extract_open: NativeFunction.pbs_extract_open,
  pbs_extract_submit: { ...NativeFunction.pbs_extract_submit, nonblocking: true },
  pbs_extract_next: NativeFunction.pbs_extract_next,
  waitForNext: { name: "pbs_extract_next", ...NativeFunction.pbs_extract_next, nonblocking: true },
  pbs_extract_finish: { ...NativeFunction.pbs_extract_finish, nonblocking: true },
  pbs_extract_counters: NativeFunction.pbs_extract_counters,
  pbs_extract_abort: NativeFunction.pbs_extract_abort,
  pbs_extract_close: { ...NativeFunction.pbs_extract_close, nonblocking: true },
} as const satisfies Deno.ForeignLibraryInterface;

/** Bound once: the library stays open for the life of the process. */
let bound: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] | undefined;

function native(): Deno.DynamicLibrary<typeof SYMBOLS>["symbols"] {
  return bound ??= openNative(SYMBOLS);
}

/** Options of the native extractor. */
export interface NativeExtractOptions {
  /** Sum of `ExtractFlag` bits. */
  readonly flags: number;
  /** Worker threads; 0 for one per processor. */
  readonly threads: number;
  /** `FS_IOC_SETFLAGS` bits that may be changed. */
  readonly linuxFlagsMask: number;
  /** Those of them that are set before the data is written. */
  readonly initialFlagsMask: number;
}

/** Counters of a native extractor. */
export interface NativeExtractCounters {
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  readonly hardlinks: number;
  readonly nodes: number;
  readonly bytes: number;
  readonly errors: number;
  /** Entries whose extended attributes the file system does not have. */
  readonly withoutXattrs: number;
  /** Entries whose attribute flags the file system does not have. */
  readonly withoutFlags: number;
  readonly skippedDevices: number;
}

/**
 * Bindings of the native extractor. Calls that return a number give 0 or more, or a negative errno.
 * The caller sees to it that only one `submit`, `finish` or `close` is under way at a time.
 */
export class NativeExtractor {
  readonly #handle: number;
  #closed = false;

  private constructor(handle: number) {
    this.#handle = handle;
  }

  /**
   * Opens, and makes where it is missing, the target directory.
   *
   * @param path Raw bytes.
   * @returns The extractor, or a negative errno.
   */
  static open(
    path: Uint8Array<ArrayBuffer>,
    options: NativeExtractOptions,
  ): NativeExtractor | number {
    if (path.includes(0)) throw new TypeError("path contains a NUL character");
    const packed = new Uint32Array(EXTRACT_OPTIONS_BYTES / 4);
    packed[ExtractOptionsWord.flags] = options.flags;
    packed[ExtractOptionsWord.threads] = options.threads;
    packed[ExtractOptionsWord.linuxFlagsMask] = options.linuxFlagsMask;
    packed[ExtractOptionsWord.initialFlagsMask] = options.initialFlagsMask;
    const handle = native().pbs_extract_open(path, path.length, packed);
    return handle < 0 ? handle : new NativeExtractor(handle);
  }

  /**
   * Takes commands over; the buffers must not be changed before the promise has settled, the chunks
   * not before `token` was reported.
   */
  submit(
    commands: Uint8Array<ArrayBuffer>,
    length: number,
    chunks: BigUint64Array<ArrayBuffer>,
    chunkCount: number,
    token: number,
  ): Promise<number> {
    if (length > commands.length || chunkCount * 2 > chunks.length) {
      throw new RangeError("more in use than there is");
    }
    return native().pbs_extract_submit(
      this.#handle,
      commands,
      BigInt(length),
      chunks,
      chunkCount,
      token,
    );
  }

  /** Reports what is finished so far into `result`; returns the bytes written. */
  poll(result: Uint8Array<ArrayBuffer>): number {
    return native().pbs_extract_next(this.#handle, result, result.length, 0);
  }

  /** Like `poll`, but waits until there is something to report or nothing under way. */
  wait(result: Uint8Array<ArrayBuffer>): Promise<number> {
    return native().waitForNext(this.#handle, result, result.length, 1);
  }

  /** Leaves all directories and waits for all jobs. */
  finish(): Promise<number> {
    return native().pbs_extract_finish(this.#handle);
  }

  /** Counters of what was made so far. */
  counters(): NativeExtractCounters {
    const counters = new Uint8Array(EXTRACT_COUNTERS_BYTES);
    native().pbs_extract_counters(this.#handle, counters);
    const view = new DataView(counters.buffer);
    const value = (at: number) => Number(view.getBigUint64(at, true));
    return {
      files: value(ExtractCountersByte.files),
      directories: value(ExtractCountersByte.directories),
      symlinks: value(ExtractCountersByte.symlinks),
      hardlinks: value(ExtractCountersByte.hardlinks),
      nodes: value(ExtractCountersByte.nodes),
      bytes: value(ExtractCountersByte.bytes),
      errors: value(ExtractCountersByte.errors),
      withoutXattrs: value(ExtractCountersByte.withoutXattrs),
      withoutFlags: value(ExtractCountersByte.withoutFlags),
      skippedDevices: value(ExtractCountersByte.skippedDevices),
    };
  }

  /** Drops what has not started; calls that wait return. */
  abort(): void {
    native().pbs_extract_abort(this.#handle);
  }

  /** Ends the threads and frees everything. No other call may be under way. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await native().pbs_extract_close(this.#handle);
  }
}
