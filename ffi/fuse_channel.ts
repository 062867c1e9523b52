import { Errno } from "./errno.ts";
import { whileHeld } from "./posix_library.ts";
import { fuseCLibrary, type FuseLibrary } from "./fuse_library.ts";
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

/** `struct fuse_buf` with room for members that later versions add. */
const BUFFER_BYTES = 64;
const BUFFER_MEMORY = 16;
/** `struct fuse_bufvec` with one `fuse_buf`, and the places of its size and address. */
const [VECTOR_BYTES, VECTOR_SIZE, VECTOR_MEMORY] = [96, 24, 40];
const WITHOUT_SPLICE = 2;
/** Bytes of a message of libfuse that are shown. */
const MAX_MESSAGE_BYTES = 1024;
/** Stands for "does not change": libfuse takes the largest number the kernel knows. */
const FOREVER = Number.MAX_VALUE;

/** How a {@linkcode FuseChannel} is mounted. */
export interface FuseMount {
  /** Mount options, such as `ro`. */
  readonly options: readonly string[];
  /** Absolute path of a folder or a file. */
  readonly mountPoint: string;
}

/** One name of a folder, as it is put into an answer. */
export interface FuseEntry {
  readonly name: Uint8Array;
  readonly node: bigint;
  readonly attributes: FuseAttributes;
  readonly lifetimeSeconds: number;
  /** Offset at which the next one is asked for. */
  readonly next: number;
  /** Whether it is `.` or `..`. */
  readonly isDot: boolean;
}

/** A mount that libfuse keeps: requests come in while {@linkcode receive} runs, replies go out at any time. */
export class FuseChannel implements Disposable {
  readonly #library: FuseLibrary;
  readonly #callbacks: FuseCallbacks;
  readonly #session: Deno.PointerObject;
  readonly #stat = newStat();
  readonly #entry = newEntry();

  private constructor(
    library: FuseLibrary,
    callbacks: FuseCallbacks,
    session: Deno.PointerObject,
  ) {
    this.#library = library;
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
          return new FuseChannel(library, callbacks, session);
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
   * Several calls may run at the same time.
   *
   * @returns 0 once it was unmounted, otherwise a negative error number.
   */
  async receive(): Promise<number> {
    const { fuse_session_receive_buf: next, fuse_session_process_buf: process } = this.#library;
    const buffer = new Uint8Array(BUFFER_BYTES);
    try {
      for (;;) {
        const received = await next(this.#session, buffer);
        if (received === -Errno.EINTR) continue;
        if (received <= 0) return received;
        process(this.#session, buffer);
      }
    } finally {
      const memory = new DataView(buffer.buffer).getBigUint64(BUFFER_MEMORY, true);
      fuseCLibrary().free(Deno.UnsafePointer.create(memory));
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
    writeEntry(this.#entry, node, attributes, { lifetimeSeconds: lasting(lifetimeSeconds) });
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
   * Puts a name into the answer to a reading of a folder.
   *
   * @param room What is left of the answer.
   * @returns Bytes it needs; if these are more than there are, nothing was put.
   */
  addEntry(request: FuseRequest, room: Uint8Array<ArrayBuffer>, entry: FuseEntry): number {
    const { isDot, node, attributes } = entry;
    const lifetimeSeconds = lasting(entry.lifetimeSeconds);
    writeEntry(this.#entry, node, attributes, { lifetimeSeconds, isDot });
    return Number(this.#library.fuse_add_direntry_plus(
      request,
      room,
      BigInt(room.byteLength),
      nulEnded(entry.name),
      this.#entry,
      BigInt(entry.next),
    ));
  }

  /**
   * Puts bytes of a file into the kernel's page cache, where it looks before it asks. Runs on another
   * thread: it waits for reads of the same bytes that are not answered yet.
   *
   * @param bytes Must stay as they are until the call has settled; native memory is fine.
   * @returns 0 or a positive error number.
   */
  async store(node: bigint, offset: number, bytes: Uint8Array): Promise<number> {
    const vector = new DataView(new ArrayBuffer(VECTOR_BYTES));
    vector.setBigUint64(0, 1n, true);
    vector.setBigUint64(VECTOR_SIZE, BigInt(bytes.byteLength), true);
    const address = Deno.UnsafePointer.value(
      Deno.UnsafePointer.of(bytes as Uint8Array<ArrayBuffer>),
    );
    vector.setBigUint64(VECTOR_MEMORY, address, true);
    const { fuse_lowlevel_notify_store: store } = this.#library;
    return await whileHeld(
      store(this.#session, node, BigInt(offset), vector, WITHOUT_SPLICE),
      vector,
      bytes,
    );
  }

  /** Gives everything back. The mount must be gone, no receiver may run, no request may be open. */
  [Symbol.dispose](): void {
    this.#library.fuse_session_unmount(this.#session);
    this.#library.fuse_session_destroy(this.#session);
    this.#callbacks[Symbol.dispose]();
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
