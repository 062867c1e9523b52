import { setTimeout as delay } from "node:timers/promises";
import { FuseChannel } from "../../ffi/fuse_channel.ts";
import type { FusePiece } from "../../ffi/fuse_pages.ts";
import { fuseLibrary } from "../../ffi/fuse_library.ts";
import { NotFoundError, PbsError, UsageError } from "../errors/mod.ts";
import { type ReadOnlyFileSystem, ROOT_NODE } from "./read_only_file_system.ts";
import { RequestAnswers } from "./_request_answers.ts";
import { unmount } from "./unmount.ts";

/** How often, and after which time, what is in use is tried to be unmounted again. */
const [UNMOUNT_ATTEMPTS, UNMOUNT_PAUSE_MS] = [4, 100];
const FILE_TYPE = 0o170000;
const FOLDER = 0o040000;

/** A file system and its mount point. */
export interface FuseMountOptions {
  readonly fileSystem: ReadOnlyFileSystem;
  /** A folder; or a file, if the root of the file system is one. */
  readonly mountPoint: string;
  /** Source as `mount` shows it; `/dev/fuse` if absent. */
  readonly source?: string;
  /** Hears of failures that programs only see as `EIO`. */
  readonly onFailure?: (operation: string, error: unknown) => void;
}

/** How a mount has ended. */
export type UnmountResult = "unmounted" | "detached";

/** A file system that is mounted through FUSE, until somebody unmounts it. */
export class FuseSession implements AsyncDisposable {
  /** Absolute path of what it is mounted on. */
  readonly mountPoint: string;
  /** Settles once the mount is gone, whoever has unmounted it. */
  readonly ended: Promise<void>;
  readonly #stores = new Set<Promise<unknown>>();
  #hasEnded = false;

  private constructor(mountPoint: string, channel: FuseChannel, answers: RequestAnswers) {
    this.mountPoint = mountPoint;
    answers.start(channel);
    this.ended = channel.receive().then(() => {
      this.#hasEnded = true;
      // What is still being answered is nobody's concern, but uses the channel.
      Promise.all([answers.idle(), ...this.#stores]).then(() => channel[Symbol.dispose]());
    });
  }

  /**
   * Mounts a file system and begins to answer.
   *
   * @throws {NotFoundError} if there is no libfuse 3, or nothing to mount on.
   * @throws {UsageError} if that is a folder and the root a file, or the other way round.
   * @throws {PbsError} if it cannot be mounted.
   */
  static async mount(options: FuseMountOptions): Promise<FuseSession> {
    const { fileSystem, source, onFailure = () => {} } = options;
    const library = fuseLibrary();
    if (library === undefined) {
      throw new NotFoundError(
        'libfuse 3 is not installed, which mounting needs: install the package "fuse3"',
      );
    }
    const mountPoint = await realPath(options.mountPoint);
    const { mode } = (await fileSystem.attributes(ROOT_NODE)).attributes;
    const isFolder = (mode & FILE_TYPE) === FOLDER;
    if ((await Deno.stat(mountPoint)).isDirectory !== isFolder) {
      const wanted = isFolder ? "folder" : "file";
      throw new UsageError(`mount point "${options.mountPoint}" is no ${wanted}`);
    }
    const answers = new RequestAnswers(fileSystem, onFailure);
    const channel = FuseChannel.mount(library, answers, {
      options: [
        "ro",
        "default_permissions",
        ...(source === undefined ? [] : [`fsname=${source.replace(/[\\,]/g, "\\$&")}`]),
      ],
      mountPoint,
    });
    if (typeof channel === "string") {
      throw new PbsError(`cannot mount on "${options.mountPoint}": ${channel}`);
    }
    const session = new FuseSession(mountPoint, channel, answers);
    fileSystem.mounted?.({
      store: (bytes, pieces) => session.#store(channel, bytes, pieces),
    });
    return session;
  }

  async #store(
    channel: FuseChannel,
    bytes: Uint8Array,
    pieces: readonly FusePiece[],
  ): Promise<void> {
    if (this.#hasEnded) return;
    const store = channel.store(bytes, pieces);
    this.#stores.add(store);
    await store;
    this.#stores.delete(store);
  }

  /**
   * Unmounts. What is in use is detached: it goes out of sight, and away when its last user does, or
   * when this process ends.
   */
  async unmount(): Promise<UnmountResult> {
    // What is mounted there now, if anything, is somebody else's.
    if (this.#hasEnded) return "unmounted";
    if (await this.#unmountUnused()) {
      await this.ended;
      await Promise.allSettled(this.#stores);
      return "unmounted";
    }
    await unmount(this.mountPoint, true);
    return "detached";
  }

  /** Programs that have just ended, or that look at every new mount, may still be leaving. */
  async #unmountUnused(): Promise<boolean> {
    for (let attempt = 1;; attempt++) {
      if (await unmount(this.mountPoint, false)) return true;
      if (attempt === UNMOUNT_ATTEMPTS) return false;
      await delay(UNMOUNT_PAUSE_MS);
    }
  }

  /** Unmounts, without waiting for who uses it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.unmount();
  }
}

async function realPath(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new NotFoundError(`mount point "${path}" does not exist`, { cause: error });
  }
}
