import { Errno, errnoText } from "../../ffi/errno.ts";
import { PROBLEM_RECORD_BYTES } from "../../ffi/native_layout.ts";
import { pipelineLibrary } from "../../ffi/pipeline.ts";
import { CancelledError, SystemError } from "../errors/mod.ts";
import type { ByteSink } from "./byte_sink.ts";
import { CommandBuffer } from "./_command_buffer.ts";
import { spliceProblemAt } from "./_splice_problem.ts";
import type { SpliceProblem } from "./splice_problem.ts";

/** A write has at most 160 splices, each with at most 18 problems. */
const PROBLEMS_MAX = 160 * 18;

/**
 * One archive's way into a file or a pipe: what a {@linkcode ChunkStream} would cut into chunks goes
 * there as it is. While the native side works on one write the producer collects the next one, so that
 * a failure may be thrown by a later `drain` or by `end`.
 */
export class UncutStream implements ByteSink, Disposable {
  #collecting = new CommandBuffer(true);
  #spare = new CommandBuffer(true);
  #underWay: Promise<void> | undefined;
  /** Bytes that the native side reads: nothing else keeps these bytes from being collected. */
  #handed: Uint8Array<ArrayBuffer> | undefined;
  #failure: unknown;
  #position = 0;
  #isEnded = false;
  readonly #cancelled = new Uint32Array(1);
  #problems: SpliceProblem[] = [];
  readonly #records = new Uint8Array(PROBLEMS_MAX * PROBLEM_RECORD_BYTES);

  /**
   * @param fd Where it goes, from its position on; stays the caller's, who closes it last.
   * @param name What errors call it.
   */
  constructor(private readonly fd: number, private readonly name: string) {}

  get position(): number {
    return this.#position;
  }

  get full(): boolean {
    return this.#collecting.full;
  }

  write(bytes: Uint8Array): void {
    this.#collecting.inline(bytes);
    this.#position += bytes.byteLength;
  }

  splice(fd: number, size: number, tag: number): void {
    this.#collecting.splice(fd, size, tag);
    this.#position += size;
  }

  /** Nothing: there are no chunks that could end here. */
  suggestBoundary(_offset: number): void {}

  /**
   * Hands what was collected on, once what was handed on before has been written.
   *
   * @throws {SystemError} if writing failed.
   * @throws {CancelledError} after `abort`.
   */
  async drain(): Promise<void> {
    await this.#underWay;
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#cancelled[0] !== 0) throw new CancelledError(`writing ${this.name} was aborted`);
    if (this.#collecting.empty) return;
    const buffer = this.#collecting;
    this.#collecting = this.#spare;
    this.#spare = buffer;
    this.#underWay = this.#hand(buffer.take()).finally(() => this.#underWay = undefined);
  }

  /** Writes the rest. @throws as `drain` does. */
  async end(): Promise<void> {
    await this.drain();
    await this.drain();
    this.#isEnded = true;
  }

  /** Problems of spliced files since the last call. */
  takeProblems(): SpliceProblem[] {
    return this.#problems.splice(0);
  }

  /** Stops: pending and later calls fail, and open descriptors are closed. */
  abort(): void {
    if (this.#isEnded || this.#cancelled[0] !== 0) return;
    Atomics.store(this.#cancelled, 0, 1);
    const unsent = this.#collecting.take();
    pipelineLibrary().pbs_stream_discard(unsent, BigInt(unsent.byteLength));
  }

  /** Resolves once nothing is written any more, whatever came of it. */
  async settle(): Promise<void> {
    await this.#underWay;
  }

  /** Aborts it unless it has ended. */
  [Symbol.dispose](): void {
    this.abort();
  }

  /** Never rejects: what goes wrong is for the next call to say. */
  async #hand(commands: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#handed = commands;
    const count = await pipelineLibrary().pbs_uncut_write(
      this.fd,
      this.#handed,
      BigInt(commands.byteLength),
      this.#cancelled,
      this.#records,
      PROBLEMS_MAX,
    );
    if (count < 0) {
      this.#failure = -count === Errno.ECANCELED
        ? new CancelledError(`writing ${this.name} was aborted`)
        : new SystemError(-count, `cannot write ${this.name}: ${errnoText(-count)}`);
      return;
    }
    const view = new DataView(this.#records.buffer);
    for (let index = 0; index < count; index++) {
      this.#problems.push(spliceProblemAt(view, index * PROBLEM_RECORD_BYTES));
    }
  }
}
