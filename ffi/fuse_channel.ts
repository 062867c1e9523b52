import { setImmediate } from "node:timers";
import { Errno } from "./errno.ts";
import { fuseCLibrary, type FuseLibrary } from "./fuse_library.ts";
import { type FusePiece, storePages } from "./fuse_pages.ts";
import { FuseCallbacks, type FuseOperations, type FuseRequest } from "./fuse_operations.ts";
import {
  type FuseAttributes,
  type FuseStatistics,
  newEntry,
  newStat,
  openedRecord,
  statisticsRecord,
  writeEntry,
  writeStat,
} from "./fuse_records.ts";
import { OpenFlag } from "./posix_files.ts";
import { whileHeld } from "./posix_library.ts";

/** `struct fuse_buf` with room for members that later versions add. */
const BUFFER_BYTES = 64;
const BUFFER_MEMORY = 16;
/** Bytes of a message of libfuse that are shown. */
const MAX_MESSAGE_BYTES = 1024;
const F_GETFL = 3;
const F_SETFL = 4;
/** Event that `poll` waits for, in the second half of `struct pollfd`. */
const POLLIN = 1;
/** For how long the next request is looked for after one, milliseconds; not without a second processor. */
const LOOKING_MS = navigator.hardwareConcurrency > 1 ? 0.06 : 0;
/** Turns of promises in which an answer comes that waits for nothing else. */
const ANSWER_TURNS = 256;
/** Time between turns of other events, milliseconds. */
const TURN_MS = 2;
/** Stands for "does not change": libfuse takes the largest number the kernel knows. */
const FOREVER = Number.MAX_VALUE;

/** How a {@linkcode FuseChannel} is mounted. */
export interface FuseMount {
  /** Mount options, such as `ro`. */
  readonly options: readonly string[];
  /** Absolute path of a folder or a file. */
  readonly mountPoint: string;
}

/** A mount that libfuse keeps: requests come in while {@linkcode receive} runs, replies go out at any time. */
export class FuseChannel implements Disposable {
  readonly #library: FuseLibrary;
  readonly #callbacks: FuseCallbacks;
  readonly #operations: FuseOperations;
  readonly #session: Deno.PointerObject;
  readonly #stat = newStat();
  readonly #entry = newEntry();

  private constructor(
    library: FuseLibrary,
    operations: FuseOperations,
    callbacks: FuseCallbacks,
    session: Deno.PointerObject,
  ) {
    this.#library = library;
    this.#operations = operations;
    this.#callbacks = callbacks;
    this.#session = session;
  }

  /**
   * Mounts; requests wait until {@linkcode receive} is called.
   *
   * @returns The channel, or libfuse's words for why it did not work.
   */
  static mount(
    library: FuseLibrary,
    operations: FuseOperations,
    { options, mountPoint }: FuseMount,
  ): FuseChannel | string {
    const callbacks = new FuseCallbacks(operations, library);
    const messages = new LibraryMessages(library);
    try {
      const session = newSession(library, callbacks, options);
      if (session !== null) {
        if (library.fuse_session_mount(session, cText(mountPoint)) === 0) {
          return new FuseChannel(library, operations, callbacks, session);
        }
        library.fuse_session_destroy(session);
      }
    } finally {
      messages.close();
    }
    callbacks[Symbol.dispose]();
    return messages.text || "libfuse gives no reason";
  }

  /**
   * Receives requests one after the other and hands them to the operations, until the mount is gone.
   * The next request often comes as soon as the last one was answered: for a moment it is looked for
   * without leaving this thread, which is quicker by far than another one that waits for it.
   *
   * @returns 0 once it was unmounted, otherwise a negative error number.
   */
  async receive(): Promise<number> {
    const { fuse_session_receive_buf: next, fuse_session_process_buf: process } = this.#library;
    const descriptor = this.#library.fuse_session_fd(this.#session);
    const { fcntl, poll, free } = fuseCLibrary();
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL, 0) | OpenFlag.NONBLOCK);
    const waiting = new Int32Array([descriptor, POLLIN]);
    const buffer = new Uint8Array(BUFFER_BYTES);
    const turns = new EventTurns();
    try {
      for (let lookUntil = 0;;) {
        const received = next(this.#session, buffer);
        if (received > 0) {
          await this.#answered(() => process(this.#session, buffer));
          lookUntil = performance.now() + LOOKING_MS;
        } else if (received !== -Errno.EAGAIN && received !== -Errno.EINTR) return received;
        else if (performance.now() >= lookUntil) {
          await whileHeld(poll(waiting, 1n, -1), waiting);
          continue;
        }
        await turns.give();
      }
    } finally {
      const memory = new DataView(buffer.buffer).getBigUint64(BUFFER_MEMORY, true);
      free(Deno.UnsafePointer.create(memory));
    }
  }

  /** Hands a request on; looking for another one meanwhile would only cost time if its answer is near. */
  async #answered(process: () => void): Promise<void> {
    const others = this.#operations.unanswered;
    process();
    for (let turn = 0; turn < ANSWER_TURNS && this.#operations.unanswered > others; turn++) {
      await undefined;
    }
  }

  /** @param errno Positive; 0 says that it is done. */
  replyError(request: FuseRequest, errno: number): void {
    this.#library.fuse_reply_err(request, errno);
  }

  /** Answers a look-up. */
  replyEntry(
    request: FuseRequest,
    node: bigint,
    attributes: FuseAttributes,
    lifetimeSeconds: number,
  ): void {
    writeEntry(this.#entry, node, attributes, lasting(lifetimeSeconds));
    this.#library.fuse_reply_entry(request, this.#entry);
  }

  /** Answers a question for attributes. */
  replyAttributes(
    request: FuseRequest,
    node: bigint,
    attributes: FuseAttributes,
    lifetimeSeconds: number,
  ): void {
    writeStat(this.#stat, node, attributes);
    this.#library.fuse_reply_attr(request, this.#stat, lasting(lifetimeSeconds));
  }

  /** Answers with the target of a symlink. */
  replyLink(request: FuseRequest, target: Uint8Array): void {
    this.#library.fuse_reply_readlink(request, nulEnded(target));
  }

  /** Answers an opening. @param keepsListing Whether the kernel may keep the names of a folder. */
  replyOpened(request: FuseRequest, keepsListing: boolean): void {
    this.#library.fuse_reply_open(request, openedRecord({ keepsListing }));
  }

  /** Answers with bytes, which are copied. */
  replyBytes(request: FuseRequest, bytes: Uint8Array): void {
    this.#library.fuse_reply_buf(
      request,
      bytes as Uint8Array<ArrayBuffer>,
      BigInt(bytes.byteLength),
    );
  }

  /** Answers how large an attribute, or a list of them, is. */
  replyXattrSize(request: FuseRequest, size: number): void {
    this.#library.fuse_reply_xattr(request, BigInt(size));
  }

  /** Answers with the size of the file system. */
  replyStatistics(request: FuseRequest, statistics: FuseStatistics): void {
    this.#library.fuse_reply_statfs(request, statisticsRecord(statistics));
  }

  /**
   * Puts pieces of files into the kernel's page cache, where it looks before it asks. Runs on another
   * thread: it waits for reads of the same pieces that are not answered yet.
   *
   * @param bytes What the pieces lie in; must stay as they are until the call has settled. Native memory
   *   is fine.
   */
  async store(bytes: Uint8Array, pieces: readonly FusePiece[]): Promise<void> {
    await storePages(this.#library.fuse_session_fd(this.#session), bytes, pieces);
  }

  /** Gives everything back. The mount must be gone, no receiver may run, no request may be open. */
  [Symbol.dispose](): void {
    this.#library.fuse_session_unmount(this.#session);
    this.#library.fuse_session_destroy(this.#session);
    this.#callbacks[Symbol.dispose]();
  }
}

/** Lets promises go on each time, and timers, sockets and other threads' results now and then. */
class EventTurns {
  #nextMs = 0;

  async give(): Promise<void> {
    if (performance.now() < this.#nextMs) return await undefined;
    await new Promise<void>((resolve) => void setImmediate(resolve));
    this.#nextMs = performance.now() + TURN_MS;
  }
}

const DETACH = 2;

/**
 * Unmounts what was mounted by the superuser, on another thread: the mount may have to answer meanwhile.
 *
 * @param isLazy Whether it goes out of sight at once, and away with its last user.
 * @returns Whether it worked; it does not if it is in use, or for ordinary users.
 */
export async function unmountPath(path: string, isLazy: boolean): Promise<boolean> {
  return await fuseCLibrary().umount2(cText(path), isLazy ? DETACH : 0) === 0;
}

function newSession(
  library: FuseLibrary,
  callbacks: FuseCallbacks,
  options: readonly string[],
): Deno.PointerObject | null {
  const words = ["pbs-client", "-o", options.join(",")].map(cText);
  const list = new BigUint64Array(words.map((word) => addressOf(word)));
  const all = new DataView(new ArrayBuffer(24));
  all.setInt32(0, words.length, true);
  all.setBigUint64(8, addressOf(list), true);
  const { table } = callbacks;
  const session = library.fuse_session_new(all, table, BigInt(table.byteLength), null);
  library.fuse_opt_free_args(all);
  return session;
}

/** `fuse_log_func_t`; the list of arguments is passed by its address on both architectures. */
const LOG_FUNCTION = { parameters: ["i32", "pointer", "pointer"], result: "void" } as const;

/** Collects what libfuse would print. */
class LibraryMessages {
  text = "";
  readonly #library: FuseLibrary;
  readonly #callback: Deno.UnsafeCallback<typeof LOG_FUNCTION>;

  constructor(library: FuseLibrary) {
    this.#library = library;
    this.#callback = new Deno.UnsafeCallback(
      LOG_FUNCTION,
      (_level, format, list) => {
        const line = new Uint8Array(MAX_MESSAGE_BYTES);
        fuseCLibrary().vsnprintf(line, BigInt(line.length), format, list);
        const message = new TextDecoder().decode(line.subarray(0, line.indexOf(0))).trim();
        this.text = [this.text, message.replace(/^fuse: /, "")].filter(Boolean).join("; ");
      },
    );
    library.fuse_set_log_func(this.#callback.pointer);
  }

  close(): void {
    this.#library.fuse_set_log_func(null);
    this.#callback.close();
  }
}

function lasting(seconds: number): number {
  return Math.min(seconds, FOREVER);
}

function addressOf(memory: Uint8Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(memory));
}

function cText(text: string): Uint8Array<ArrayBuffer> {
  return nulEnded(new TextEncoder().encode(text));
}

function nulEnded(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const ended = new Uint8Array(bytes.byteLength + 1);
  ended.set(bytes);
  return ended;
}
