import { CancelledError, ConnectionError, type PbsError } from "../errors/mod.ts";
import type { IncomingBody } from "../http/mod.ts";

/** Time for an attempt (spec: s3-datastore.md §11.4): this long, or longer for what is large. */
const ATTEMPT_MS = 1_800_000;
const LEAST_BYTES_PER_SECOND = 1024;

/** Ends an attempt that takes too long, or whose caller gave up. */
export class AttemptLimit implements Disposable {
  /** The error, if the attempt was ended. */
  reason: PbsError | undefined;
  readonly #controller = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #callers: AbortSignal | undefined;
  readonly #cancel = () =>
    this.#end(new CancelledError("the request was cancelled", { cause: this.#callers?.reason }));

  /** @param lengthBytes Of the body that is sent. */
  constructor(lengthBytes: number, callers: AbortSignal | undefined) {
    const limitMs = Math.max(ATTEMPT_MS, lengthBytes / LEAST_BYTES_PER_SECOND * 1000);
    this.#timer = setTimeout(
      () => this.#end(new ConnectionError(`not done in ${Math.round(limitMs / 60_000)} minutes`)),
      limitMs,
    );
    this.#callers = callers;
    callers?.addEventListener("abort", this.#cancel);
    if (callers?.aborted) this.#cancel();
  }

  /** Aborted when the attempt is ended. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends the attempt if something takes longer than it may. */
  async within<T>(limitMs: number, waited: Promise<T>): Promise<T> {
    const late = () => this.#end(new ConnectionError(`no answer in ${limitMs / 1000} s`));
    const timer = setTimeout(late, limitMs);
    try {
      return await waited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Keeps to the limit while the answer's body is read. */
  async during<T>(body: IncomingBody, read: () => Promise<T>): Promise<T> {
    const cancel = () => body.cancel();
    this.signal.addEventListener("abort", cancel);
    if (this.signal.aborted) cancel();
    try {
      return await read();
    } finally {
      this.signal.removeEventListener("abort", cancel);
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#callers?.removeEventListener("abort", this.#cancel);
  }

  #end(reason: PbsError): void {
    this.reason ??= reason;
    this.#controller.abort(reason);
  }
}
