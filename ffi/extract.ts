import { openNative } from "./library.ts";
import {
  EXTRACT_COUNTERS_BYTES,
  EXTRACT_OPTIONS_BYTES,
  ExtractCountersByte,
  ExtractOptionsWord,
} from "./native_layout.ts";

const SYMBOLS = {
  pbs_extract_open: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
  pbs_extract_submit: {
    parameters: ["pointer", "buffer", "u64", "buffer", "u32", "u32"],
    result: "i32",
    nonblocking: true,
  },
  pbs_extract_next: {
    name: "pbs_extract_next",
    parameters: ["pointer", "buffer", "u32", "u32"],
    result: "i32",
  },
  waitForNext: {
    name: "pbs_extract_next",
    parameters: ["pointer", "buffer", "u32", "u32"],
    result: "i32",
    nonblocking: true,
  },
  pbs_extract_finish: { parameters: ["pointer"], result: "i32", nonblocking: true },
  pbs_extract_counters: { parameters: ["pointer", "buffer"], result: "i32" },
  pbs_extract_abort: { parameters: ["pointer"], result: "i32" },
  pbs_extract_close: { parameters: ["pointer"], result: "i32", nonblocking: true },
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
  #handle: Deno.PointerValue;

  private constructor(handle: Deno.PointerValue) {
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
    const terminated = new Uint8Array(path.length + 1);
    terminated.set(path);
    const packed = new Uint32Array(EXTRACT_OPTIONS_BYTES / 4);
    packed[ExtractOptionsWord.flags] = options.flags;
    packed[ExtractOptionsWord.threads] = options.threads;
    packed[ExtractOptionsWord.linuxFlagsMask] = options.linuxFlagsMask;
    packed[ExtractOptionsWord.initialFlagsMask] = options.initialFlagsMask;
    const handle = new BigUint64Array(1);
    const status = native().pbs_extract_open(terminated, packed, handle);
    return status < 0 ? status : new NativeExtractor(Deno.UnsafePointer.create(handle[0]!));
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

  /** What was made so far. */
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
    const handle = this.#handle;
    this.#handle = null;
    if (handle !== null) await native().pbs_extract_close(handle);
  }
}
