import { openNative } from "./library.ts";
import { NativeFunction } from "./native_functions.ts";
import {
  CAPTURE_STATUS_BYTES,
  CaptureEntryWord,
  CaptureKind,
  CaptureState,
  CaptureStatusWord,
} from "./native_layout.ts";

/** Bound once: the library stays open for the life of the process. */
let native: ReturnType<typeof bind> | undefined;

function bind() {
  return openNative({
    pbs_capture_open_root: NativeFunction.pbs_capture_open_root,
    pbs_capture_file_system: NativeFunction.pbs_capture_file_system,
    pbs_capture_create: NativeFunction.pbs_capture_create,
    pbs_capture_next: { ...NativeFunction.pbs_capture_next, nonblocking: true },
    pbs_capture_add_patterns: NativeFunction.pbs_capture_add_patterns,
    pbs_capture_met_patterns: NativeFunction.pbs_capture_met_patterns,
    pbs_capture_watch: NativeFunction.pbs_capture_watch,
    pbs_capture_select: NativeFunction.pbs_capture_select,
    pbs_capture_selected: NativeFunction.pbs_capture_selected,
    pbs_capture_add_ignores: NativeFunction.pbs_capture_add_ignores,
    pbs_capture_keep: NativeFunction.pbs_capture_keep,
    pbs_capture_resume: NativeFunction.pbs_capture_resume,
    pbs_capture_cancel: NativeFunction.pbs_capture_cancel,
    pbs_capture_destroy: { ...NativeFunction.pbs_capture_destroy, nonblocking: true },
    pbs_capture_match: NativeFunction.pbs_capture_match,
    pbs_close: NativeFunction.pbs_close,
  });
}

/** Records of a walk in walk order. The memory is never written again. */
export interface CaptureBatch {
  /** The records as words. */
  readonly words: Uint32Array;
  /** The records as bytes. */
  readonly bytes: Uint8Array;
  /** `paused`: the last record asks for a decision; call `resume` before the next `next`. */
  readonly state: "running" | "paused" | "complete";
}

const STATES: Readonly<Record<number, CaptureBatch["state"]>> = {
  [CaptureState.Running]: "running",
  [CaptureState.Paused]: "paused",
  [CaptureState.Complete]: "complete",
};
const BATCH_BYTES = 64 << 10;
const EMSGSIZE = 90;

/**
 * Opens the directory a walk begins with.
 *
 * @param path Path bytes.
 * @returns A descriptor, or a negative error number.
 */
export function openCaptureRoot(path: Uint8Array, follow: boolean): number {
  native ??= bind();
  if (path.includes(0)) throw new TypeError("path contains a NUL character");
  return native.pbs_capture_open_root(path.slice(), path.byteLength, follow ? 1 : 0);
}

/** `f_type` of the file system of a descriptor, or a negative error number. */
export function fileSystemMagic(fd: number): number {
  native ??= bind();
  return Number(native.pbs_capture_file_system(fd));
}

/**
 * Evaluates compiled match entries for one path in the native core.
 *
 * @returns 0 if none matches, 1 for include, 2 for exclude, or a negative error number.
 */
export function matchNative(
  program: Uint8Array<ArrayBuffer>,
  path: Uint8Array<ArrayBuffer>,
  isDirectory: boolean,
): number {
  native ??= bind();
  const [programSize, pathSize] = [BigInt(program.byteLength), BigInt(path.byteLength)];
  return native.pbs_capture_match(program, programSize, path, pathSize, isDirectory ? 1 : 0);
}

/** Closes a descriptor; nothing can be done about an error of one that was only read. */
export function closeCaptured(fd: number): void {
  native ??= bind();
  native.pbs_close(fd);
}

/** Closes the descriptors in the records of a batch from a word index on. */
export function closeBatch(batch: CaptureBatch, from = 0): void {
  const { words } = batch;
  for (let at = from; at < words.length; at += words[at + CaptureEntryWord.length]! >>> 2) {
    if (words[at + CaptureEntryWord.kind] !== CaptureKind.Entry) continue;
    const fd = words[at + CaptureEntryWord.descriptor]! | 0;
    if (fd >= 0) closeCaptured(fd);
  }
}

/** A walk of the native core: system calls of whole batches of entries at a time, off this thread. */
export class TreeCapture {
  readonly #handle: number;
  readonly #symbols: NonNullable<typeof native>;
  #running: Promise<CaptureBatch> | undefined;
  #closed = false;

  /**
   * @param rootFd From {@linkcode openCaptureRoot}; taken over.
   * @param features Bits of {@linkcode CaptureFeature} for the root's file system.
   * @throws {Error} if that is no descriptor.
   */
  constructor(rootFd: number, features: number) {
    this.#symbols = native ??= bind();
    this.#handle = this.#symbols.pbs_capture_create(rootFd, features);
    if (this.#handle < 0) throw new Error(`native core began no walk (error ${-this.#handle})`);
  }

  /** Appends compiled match entries. Not while `next` is running. */
  addPatterns(program: Uint8Array<ArrayBuffer>): void {
    const length = BigInt(program.byteLength);
    const result = this.#symbols.pbs_capture_add_patterns(this.#handle, program, length);
    if (result !== 0) throw new Error(`native core refused match patterns (error ${-result})`);
  }

  /**
   * Which entries of the first `addPatterns` have matched anything so far. Not while `next` is running.
   *
   * @param count How many entries there were.
   * @returns 1 or 0 for each.
   */
  metPatterns(count: number): Uint8Array {
    const met = new Uint8Array(count);
    if (count === 0) return met;
    const written = this.#symbols.pbs_capture_met_patterns(this.#handle, met, BigInt(count));
    if (written !== count) throw new Error(`native core knows ${written} of ${count} patterns`);
    return met;
  }

  /** Sets the names to tell of, compiled. Before the first `next`. */
  watch(program: Uint8Array<ArrayBuffer>): void {
    const length = BigInt(program.byteLength);
    const result = this.#symbols.pbs_capture_watch(this.#handle, program, length);
    if (result !== 0) throw new Error(`native core refused names to watch (error ${-result})`);
  }

  /**
   * Sets the only paths to read, with what is below them. Before the first `next`.
   *
   * @param paths Relative to the root, a zero byte behind each.
   */
  select(paths: Uint8Array<ArrayBuffer>): void {
    const length = BigInt(paths.byteLength);
    const result = this.#symbols.pbs_capture_select(this.#handle, paths, length);
    if (result !== 0) throw new Error(`native core refused the selected paths (error ${-result})`);
  }

  /**
   * Which of the selected paths were found so far. Not while `next` is running.
   *
   * @param count How many paths there were.
   * @returns 1 or 0 for each.
   */
  selected(count: number): Uint8Array {
    const met = new Uint8Array(count);
    if (count === 0) return met;
    const written = this.#symbols.pbs_capture_selected(this.#handle, met, BigInt(count));
    if (written !== count) throw new Error(`native core knows ${written} of ${count} paths`);
    return met;
  }

  /**
   * Appends ignore rules, compiled like match entries, for the directory that the walk is paused at.
   *
   * @param alone Whether those of the directories further up end here.
   */
  addIgnores(rules: Uint8Array<ArrayBuffer>, alone: boolean): void {
    const length = BigInt(rules.byteLength);
    const flag = alone ? 1 : 0;
    const result = this.#symbols.pbs_capture_add_ignores(this.#handle, rules, length, flag);
    if (result !== 0) throw new Error(`native core refused ignore rules (error ${-result})`);
  }

  /**
   * Leaves out everything else in the directory that the walk is paused at.
   *
   * @param names A zero byte behind each.
   */
  keep(names: Uint8Array<ArrayBuffer>): void {
    const length = BigInt(names.byteLength);
    const result = this.#symbols.pbs_capture_keep(this.#handle, names, length);
    if (result !== 0) throw new Error(`native core refused names to keep (error ${-result})`);
  }

  /** Goes on after a pause. Not while `next` is running. */
  resume(enter: boolean, features: number): void {
    const result = this.#symbols.pbs_capture_resume(this.#handle, enter ? 1 : 0, features);
    if (result !== 0) throw new Error(`native core is not paused (error ${-result})`);
  }

  /**
   * Reads the next batch; one call at a time. The descriptors in it are the caller's.
   *
   * @param openFilesMax Most descriptors in the batch.
   */
  next(openFilesMax: number): Promise<CaptureBatch> {
    this.#running = this.#next(openFilesMax);
    // The caller that awaits it sees the error; `close` alone does not want it.
    this.#running.catch(() => {});
    return this.#running;
  }

  async #next(openFilesMax: number): Promise<CaptureBatch> {
    const status = new Uint32Array(CAPTURE_STATUS_BYTES / 4);
    for (let size = BATCH_BYTES;; size = status[CaptureStatusWord.needed]!) {
      const buffer = new ArrayBuffer(size);
      const result = Number(
        await this.#symbols.pbs_capture_next(
          this.#handle,
          new Uint8Array(buffer),
          BigInt(size),
          openFilesMax,
          status,
        ),
      );
      if (result === -EMSGSIZE) continue;
      if (result < 0) throw new Error(`native core stopped the walk (error ${-result})`);
      return {
        words: new Uint32Array(buffer, 0, result >>> 2),
        bytes: new Uint8Array(buffer, 0, result),
        state: STATES[status[CaptureStatusWord.state]!]!,
      };
    }
  }

  /**
   * Ends the walk, after the running call if there is one, whose descriptors are closed.
   *
   * @param taken The last batch that the caller has received.
   */
  async close(taken?: CaptureBatch): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#symbols.pbs_capture_cancel(this.#handle);
    const last = await this.#running?.catch(() => undefined);
    if (last !== undefined && last !== taken) closeBatch(last);
    await this.#symbols.pbs_capture_destroy(this.#handle);
  }
}
