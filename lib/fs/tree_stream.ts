import { closeCaptured } from "../../ffi/capture.ts";
import type { EntryKind, EntryMetadata } from "../pxar/mod.ts";
import type { TreeVisitor, WalkedFile } from "./walk_visitor.ts";
import type { WalkOptions } from "./walk_options.ts";
import { walkTree } from "./walk_tree.ts";

/** Entries that wait to be asked for, and those at which the walk goes on. */
const FULL_ENTRIES = 512;
const LOW_ENTRIES = 128;
/** The same where each of them holds a file open. */
const FULL_FILES = 64;
const LOW_FILES = 16;

/** An entry of a tree as it is found; what does not apply is 0, -1, `false` or absent. */
export interface ExistingEntry {
  readonly kind: EntryKind;
  /** Empty for the root. */
  readonly name: Uint8Array;
  /** Absent for further names of files. */
  readonly metadata?: EntryMetadata;
  readonly sizeBytes: number;
  /** Open for reading, and whose it is to close who gets the entry; -1 if it was not asked for. */
  readonly fd: number;
  /** Whether a file has more names. */
  readonly isShared: boolean;
  /** Target of a symbolic link; of a further name of a file, the path of its first one. */
  readonly target?: Uint8Array;
  readonly major: number;
  readonly minor: number;
  readonly isMountPoint: boolean;
}

/** An entry, after a directory what is in it; `leave` where the innermost directory ends. */
export type TreeStreamEvent = ExistingEntry | "leave" | "end";

const NOTHING = { sizeBytes: 0, fd: -1, isShared: false, major: 0, minor: 0, isMountPoint: false };

/** A walk that is asked for one entry after the other. System calls run ahead. */
export class TreeStream implements AsyncDisposable {
  readonly #queue: TreeStreamEvent[] = [];
  /** Index of the first event of the queue. */
  #at = 0;
  readonly #abort = new AbortController();
  readonly #walk: Promise<void>;
  readonly #keepsFiles: boolean;
  #error: { readonly cause: unknown } | undefined;
  #wake: (() => void) | undefined;
  #wakeWalk: (() => void) | undefined;

  /**
   * Begins a walk.
   *
   * @param options Without a signal: closing the stream ends the walk.
   * @param keepsFiles Whether entries of regular files come with a descriptor.
   */
  constructor(options: Omit<WalkOptions, "signal">, keepsFiles: boolean) {
    this.#keepsFiles = keepsFiles;
    const walk = walkTree(
      {
        ...options,
        ...(keepsFiles ? { openFilesMax: FULL_FILES } : {}),
        signal: this.#abort.signal,
      },
      this.#visitor(),
    );
    this.#walk = walk.then(
      () => this.#push("end"),
      (cause) => {
        this.#error = { cause };
        this.#push("end");
      },
    );
  }

  /** The next event without taking it, if it is there already. */
  get waiting(): TreeStreamEvent | undefined {
    if (this.#at === this.#queue.length) return undefined;
    const event = this.#queue[this.#at]!;
    if (event === "end" && this.#error !== undefined) throw this.#error.cause;
    return event;
  }

  /** The next event without taking it. @throws what ended the walk. */
  async peek(): Promise<TreeStreamEvent> {
    for (;;) {
      const event = this.waiting;
      if (event !== undefined) return event;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  /** Takes the event that was looked at. */
  take(): void {
    if (this.#queue[this.#at] === "end") return;
    this.#at++;
    const left = this.#queue.length - this.#at;
    if (left === 0 || this.#at >= FULL_ENTRIES) {
      this.#queue.splice(0, this.#at);
      this.#at = 0;
    }
    if (left <= (this.#keepsFiles ? LOW_FILES : LOW_ENTRIES)) {
      this.#wakeWalk?.();
      this.#wakeWalk = undefined;
    }
  }

  /** Ends the walk and closes what nobody took. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    this.#wakeWalk?.();
    await this.#walk;
    for (const event of this.#queue.splice(this.#at)) {
      if (typeof event !== "string" && event.fd >= 0) closeCaptured(event.fd);
    }
    this.#at = 0;
  }

  #push(event: TreeStreamEvent): void {
    this.#queue.push(event);
    this.#wake?.();
    this.#wake = undefined;
  }

  #visitor(): TreeVisitor {
    const push = (event: TreeStreamEvent) => this.#push(event);
    const isFull = () =>
      this.#queue.length - this.#at >= (this.#keepsFiles ? FULL_FILES : FULL_ENTRIES);
    const add = (kind: EntryKind, name: Uint8Array, more: Partial<ExistingEntry>) =>
      push({ ...NOTHING, kind, name, ...more });
    const file = ({ name, metadata, sizeBytes, fd, link }: WalkedFile) => {
      if (link !== undefined) link.position = 0;
      if (fd >= 0 && !this.#keepsFiles) closeCaptured(fd);
      const kept = this.#keepsFiles ? fd : -1;
      add("file", name, { metadata, sizeBytes, fd: kept, isShared: link !== undefined });
    };
    return {
      get full() {
        return isFull();
      },
      drain: () => {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#wakeWalk = resolve;
        return promise;
      },
      enterRoot: (metadata) => add("directory", new Uint8Array(), { metadata }),
      leaveRoot: () => push("leave"),
      enterDirectory: (name, metadata, isMountPoint) =>
        add("directory", name.slice(), { metadata, isMountPoint }),
      leaveDirectory: () => push("leave"),
      file,
      hardlink: (name, { path }) => add("hardlink", name, { target: path }),
      symlink: (name, metadata, target) => add("symlink", name, { metadata, target }),
      device: (name, metadata, major, minor) => add("device", name, { metadata, major, minor }),
      fifo: (name, metadata) => add("fifo", name, { metadata }),
      socket: (name, metadata) => add("socket", name, { metadata }),
    };
  }
}
