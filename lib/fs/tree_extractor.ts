import { quotePath } from "../bytes/mod.ts";
import { CancelledError, SystemError } from "../errors/mod.ts";
import { Errno, errnoText } from "../../ffi/errno.ts";
import { type NativeExtractCounters, NativeExtractor } from "../../ffi/extract.ts";
import { ExtractFlag } from "../../ffi/native_layout.ts";
import {
  DEFAULT_RESTORED_ATTRIBUTE_FLAGS,
  type EntryMetadata,
  INITIAL_ATTRIBUTE_FLAGS,
  linuxFlagsFromAttributes,
} from "../pxar/mod.ts";
import {
  ExtractCommandEncoder,
  type ExtractCommands,
  type MendedMetadata,
} from "./_extract_command_encoder.ts";
import { compareWalkOrder } from "./compare_walk_order.ts";
import type { ExtractError } from "./extract_error.ts";
import type { ExtractOptions } from "./extract_options.ts";
import type { ExtractReport } from "./extract_report.ts";
import {
  countedNoteMessage,
  extractErrorMessage,
  type ExtractRecord,
  isCountedNote,
  isExtractNote,
  noteLevel,
  readExtractReports,
} from "./_extract_reports.ts";
import type { ExtractSink } from "./extract_sink.ts";

/** Errors that are kept for the report; the rest is counted. */
const MAX_KEPT_ERRORS = 1000;
const REPORT_BUFFER_SIZE = 64 * 1024;
/** Errors of a file system that takes nothing more. */
const SPENT: ReadonlySet<number> = new Set([Errno.ENOSPC, Errno.EDQUOT, Errno.EROFS]);

/**
 * Restores a tree below a target directory, on native threads (spec: pxar.md §6).
 *
 * The calls that make entries only collect commands. `submit` hands them on under a *token*; the
 * chunks they refer to must stay as they are until that token is reported as finished. Nothing
 * outside of the target directory is touched, whatever names, links and the existing tree say.
 *
 * @example
 * ```ts ignore
 * await using extractor = TreeExtractor.open("/mnt/restored", {});
 * extractor.useChunk(chunk.pointer, chunk.bytes.length);
 * if (extractor.beginFile(name, metadata, 5)) extractor.data(0, 5);
 * extractor.endFile();
 * await extractor.submit(1);
 * const report = await extractor.finish();
 * ```
 */
export class TreeExtractor implements ExtractSink, AsyncDisposable {
  readonly #native: NativeExtractor;
  readonly #target: Uint8Array;
  readonly #options: ExtractOptions;
  readonly #encoder: ExtractCommandEncoder;
  readonly #spare: ExtractCommands[] = [];
  readonly #reportBuffer = new Uint8Array(REPORT_BUFFER_SIZE);
  readonly #waitBuffer = new Uint8Array(REPORT_BUFFER_SIZE);
  readonly #errors: ExtractError[] = [];
  /** The error after which nothing more is restored. */
  #ending: ExtractError | undefined;
  /** The first of each kind of which there may be many. */
  readonly #countedNotes: ExtractRecord[] = [];
  #finished: number[] = [];
  #errorCount = 0;
  #depth = 0;
  #lastCall: Promise<unknown> = Promise.resolve();
  #waiting: Promise<number[]> | undefined;
  #state: "open" | "aborted" | "finished" | "closed" = "open";

  private constructor(native: NativeExtractor, target: Uint8Array, options: ExtractOptions) {
    this.#native = native;
    this.#target = target;
    this.#options = options;
    this.#encoder = new ExtractCommandEncoder(options);
  }

  /**
   * Opens the target directory. Missing components are made: parents 0755, the directory itself 0700
   * until its metadata is applied at the end (spec: pxar.md §6.3).
   *
   * @param target Path, raw bytes or text.
   * @throws {SystemError} if it cannot be opened or made, or no threads can be started.
   */
  static open(target: Uint8Array | string, options: ExtractOptions): TreeExtractor {
    const bytes = typeof target === "string" ? new TextEncoder().encode(target) : target;
    const path = new Uint8Array(bytes);
    const attributes = options.attributeFlags ?? DEFAULT_RESTORED_ATTRIBUTE_FLAGS;
    const native = bytes.length === 0 || bytes.includes(0)
      ? -Errno.EINVAL
      : NativeExtractor.open(path, {
        flags: nativeFlags(options),
        threads: options.threads ?? 0,
        linuxFlagsMask: linuxFlagsFromAttributes(attributes),
        initialFlagsMask: linuxFlagsFromAttributes(attributes & INITIAL_ATTRIBUTE_FLAGS),
      });
    if (typeof native === "number") {
      throw new SystemError(
        -native,
        `cannot open target directory ${quotePath(bytes)}: ${errnoText(-native)}`,
      );
    }
    return new TreeExtractor(native, bytes, options);
  }

  /** Bytes of commands that wait for `submit`. */
  get pendingBytes(): number {
    return this.#encoder.length;
  }

  /** Counters of what was made so far; not to be asked once the extractor is closed. */
  get made(): Omit<ExtractReport, "errors"> {
    const { files, directories, symlinks, hardlinks, nodes, bytes } = this.#native.counters();
    return { files, directories, symlinks, hardlinks, nodes, bytes, errorCount: this.#errorCount };
  }

  /** Errors so far. */
  get errorCount(): number {
    return this.#errorCount;
  }

  /** See {@linkcode ExtractSink.root}. */
  root(metadata: MendedMetadata): void {
    if (!this.#options.keepsTarget) this.#encoder.root(metadata);
  }

  enterDirectory(name: Uint8Array, metadata: MendedMetadata): void {
    this.#encoder.enterDirectory(name, metadata);
    this.#depth++;
  }

  leaveDirectory(): void {
    if (this.#depth === 0) throw new RangeError("no directory to leave");
    this.#encoder.leaveDirectory();
    this.#depth--;
  }

  /**
   * Makes a chunk of decoded bytes the one that `data` refers to. It must stay as it is until the
   * token of the next `submit` is reported.
   */
  useChunk(address: Deno.PointerValue | bigint, sizeBytes: number): void {
    this.#encoder.useChunk(
      typeof address === "bigint" ? address : Deno.UnsafePointer.value(address),
      sizeBytes,
    );
  }

  beginFile(name: Uint8Array, metadata: EntryMetadata, sizeBytes: number): boolean {
    this.#encoder.beginFile(name, metadata, sizeBytes);
    return true;
  }

  data(offset: number, lengthBytes: number): void {
    this.#encoder.data(offset, lengthBytes);
  }

  /** Adds bytes that are in no chunk to the file; they are copied. */
  inlineData(bytes: Uint8Array): void {
    this.#encoder.inlineData(bytes);
  }

  endFile(): void {
    this.#encoder.endFile();
  }

  /** Gives up the file that has begun. What it may overwrite in its place is gone as well. */
  dropFile(): void {
    this.#encoder.dropFile();
  }

  symlink(name: Uint8Array, metadata: EntryMetadata, target: Uint8Array): void {
    this.#encoder.symlink(name, metadata, target);
  }

  hardlink(name: Uint8Array, targetPath: Uint8Array): void {
    this.#encoder.hardlink(name, targetPath);
  }

  device(name: Uint8Array, metadata: EntryMetadata, major: number, minor: number): void {
    if (!this.#options.skipDevices) this.#encoder.node(name, metadata, major, minor);
  }

  fifo(name: Uint8Array, metadata: EntryMetadata): void {
    if (!this.#options.skipFifos) this.#encoder.node(name, metadata, 0, 0);
  }

  socket(name: Uint8Array, metadata: EntryMetadata): void {
    if (!this.#options.skipSockets) this.#encoder.node(name, metadata, 0, 0);
  }

  /** Gives an entry of the current directory that exists, and is no directory, its metadata. */
  mend(name: Uint8Array, metadata: MendedMetadata): void {
    this.#encoder.mend(name, metadata);
  }

  /**
   * Removes an entry that exists; a directory only if it is empty. It happens before anything that
   * comes later. No link is followed.
   *
   * @param path Below the current directory.
   */
  remove(path: Uint8Array, isDirectory: boolean): void {
    this.#encoder.remove(path, isDirectory);
  }

  /**
   * Hands on what was collected. Resolves once the work is queued, not once it is done; waits while
   * too much is queued. Calls may overlap, they take effect in turn.
   *
   * @param token Reported by `finishedTokens` once nothing refers to the chunks any more; u32.
   * @throws {SystemError} the first error, under the policy `stop`.
   */
  async submit(token: number): Promise<void> {
    this.#assertOpen();
    const spare = this.#spare.pop();
    const commands = this.#encoder.take(
      spare?.bytes ?? new Uint8Array(256 * 1024),
      spare?.chunks ?? new BigUint64Array(64),
    );
    const status = await this.#inTurn(() =>
      this.#native.submit(
        commands.bytes,
        commands.length,
        commands.chunks,
        commands.chunkCount,
        token,
      )
    );
    this.#spare.push(commands);
    this.#check(status);
  }

  /** Tokens that were finished since the last call; does not wait. */
  takeFinishedTokens(): number[] {
    if (this.#state === "open") this.#poll();
    const tokens = this.#finished;
    this.#finished = [];
    return tokens;
  }

  /**
   * Tokens that were finished since the last call; waits for one if something is under way, else
   * the list is empty.
   *
   * @throws {SystemError} the first error, under the policy `stop`.
   */
  finishedTokens(): Promise<number[]> {
    return this.#waiting ??= this.#wait().finally(() => this.#waiting = undefined);
  }

  /**
   * Leaves the directories that are still entered, applies the root's metadata, waits for
   * everything. Tokens are all finished afterwards.
   *
   * @throws {SystemError} the error that ended everything (see {@linkcode ExtractOptions}).
   */
  async finish(): Promise<ExtractReport> {
    this.#assertOpen();
    if (this.#encoder.inFile) throw new RangeError("extraction ends within a file");
    if (this.#encoder.length > 0) await this.submit(0xffff_ffff);
    const status = await this.#inTurn(() => this.#native.finish());
    await this.#waiting;
    this.#check(status);
    this.#state = "finished";
    this.#tellCountedNotes(this.#native.counters());
    const errors = this.#errors.sort((a, b) => compareWalkOrder(a.path, b.path));
    return { ...this.made, errors };
  }

  /**
   * Drops what has not started yet, unlinks files that are not complete and ends the threads. No
   * chunk is referred to any more once the promise has settled.
   */
  async abort(): Promise<void> {
    if (this.#state === "closed") return;
    const state = this.#state;
    this.#state = "closed";
    if (state !== "finished") this.#native.abort();
    await this.#lastCall;
    await this.#waiting?.catch(() => {});
    await this.#native.close();
  }

  /** Ends the threads; what was not finished is aborted. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.abort();
  }

  #tellCountedNotes(counters: NativeExtractCounters): void {
    const counts: { readonly [step in ExtractRecord["step"]]?: number } = {
      "no extended attributes": counters.withoutXattrs,
      "no attribute flags": counters.withoutFlags,
      "skipped device": counters.skippedDevices,
    };
    for (const note of this.#countedNotes) {
      const message = countedNoteMessage(
        this.#target,
        note,
        counts[note.step] ?? 1,
        this.#options.wayOut,
      );
      this.#options.onNote?.(message, noteLevel(note.step));
    }
  }

  async #wait(): Promise<number[]> {
    if (this.#finished.length === 0 && this.#state === "open") {
      const length = await this.#native.wait(this.#waitBuffer);
      this.#accept(this.#waitBuffer, length);
      this.#throwIfOver();
    }
    return this.takeFinishedTokens();
  }

  #inTurn(call: () => Promise<number>): Promise<number> {
    const result = this.#lastCall.then(() => this.#state === "closed" ? -Errno.ECANCELED : call());
    this.#lastCall = result;
    return result;
  }

  #check(status: number): void {
    if (this.#state === "closed") throw new CancelledError("extraction was aborted");
    this.#poll();
    this.#throwIfOver();
    if (status < 0) {
      throw new SystemError(
        -status,
        `cannot extract to ${quotePath(this.#target)}: ${errnoText(-status)}`,
      );
    }
  }

  /** Throws the error that ends everything, if there was one. */
  #throwIfOver(): void {
    if (this.#ending === undefined) return;
    this.#state = this.#state === "open" ? "aborted" : this.#state;
    throw new SystemError(this.#ending.errno, this.#ending.message);
  }

  #poll(): void {
    for (;;) {
      const length = this.#native.poll(this.#reportBuffer);
      if (!this.#accept(this.#reportBuffer, length)) return;
    }
  }

  /** @returns Whether there was something. */
  #accept(buffer: Uint8Array, length: number): boolean {
    const reports = readExtractReports(buffer.subarray(0, Math.max(length, 0)));
    for (const token of reports.tokens) this.#finished.push(token);
    for (const record of reports.records) {
      if (isCountedNote(record)) {
        this.#countedNotes.push(record);
        continue;
      }
      const message = extractErrorMessage(this.#target, record, this.#options.wayOut);
      const { path, step, errno } = record;
      if (step === "delete" && errno === Errno.ENOTEMPTY) {
        this.#options.onNote?.(message, "info");
        continue;
      }
      if (isExtractNote(step)) {
        this.#options.onNote?.(message, noteLevel(step));
        continue;
      }
      const error = { path, step, errno, message };
      if (this.#options.errorPolicy !== "collect" || isFileSystemSpent(error)) {
        this.#ending ??= error;
      }
      // What still fails because of it is no news.
      if (this.#ending !== undefined && this.#ending !== error) continue;
      this.#errorCount++;
      if (this.#errors.length < MAX_KEPT_ERRORS) this.#errors.push(error);
      if (this.#ending === undefined) this.#options.onError?.(error);
    }
    this.#errorCount += reports.lost;
    return reports.tokens.length + reports.records.length > 0;
  }

  #assertOpen(): void {
    if (this.#state === "open") return;
    if (this.#state === "aborted") this.#throwIfOver();
    throw new CancelledError(`extraction is ${this.#state}`);
  }
}

/** Whether every further entry would fail as well. */
function isFileSystemSpent({ step, errno }: ExtractError): boolean {
  const makes = step === "create" || step === "create device" || step === "write";
  return makes && SPENT.has(errno);
}

function nativeFlags(options: ExtractOptions): number {
  const set = (wanted: boolean | undefined, bit: number) => wanted ? bit : 0;
  return set(options.allowExistingDirs, ExtractFlag.AllowExistingDirs) |
    set(options.overwriteFiles, ExtractFlag.OverwriteFiles) |
    set(options.overwriteSymlinks, ExtractFlag.OverwriteSymlinks) |
    set(options.overwriteHardlinks, ExtractFlag.OverwriteHardlinks) |
    set(options.overwriteOthers, ExtractFlag.OverwriteOthers) |
    set(options.replace, ExtractFlag.Replace) |
    set(options.ignoreOwnership, ExtractFlag.IgnoreOwnership) |
    set(options.ignorePermissions, ExtractFlag.IgnorePermissions) |
    set(options.ignoreExtractDeviceErrors, ExtractFlag.IgnoreDeviceErrors) |
    set(options.errorPolicy !== "collect", ExtractFlag.StopAtFirstError);
}
