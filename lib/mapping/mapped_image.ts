import { Errno, errnoText } from "../../ffi/errno.ts";
import { closeFile, openFile, OpenFlag, removeFile } from "../../ffi/posix_files.ts";
import { ConflictError, SystemError } from "../errors/mod.ts";
import { FuseSession, type ReadOnlyFileSystem } from "../fuse/mod.ts";
import type { Mappings } from "./mappings.ts";
import { sourceOf } from "./mounted_files.ts";

/** Source of the mount behind a loop device, as the official client has it. */
const SOURCE = "pbs-block-dev";

/** An image with the name that it is mapped under. */
export interface ImageToMap {
  /** Repository, snapshot and archive: `joe@pbs@h:store:host/web1/disk.img`. */
  readonly name: string;
  /** A file system that is the image. */
  readonly fileSystem: ReadOnlyFileSystem;
  /** Hears of failures that readers see as input/output errors, and of what could not be removed. */
  readonly onFailure: (what: string, error: unknown) => void;
}

/** An image that this process shows, until it is disposed of or somebody unmounts it. */
export class MappedImage implements AsyncDisposable {
  readonly #session: FuseSession;
  readonly #leave: () => Promise<void>;

  private constructor(
    /** Path of the loop device, or of the file. */
    readonly path: string,
    session: FuseSession,
    leave: () => Promise<void>,
  ) {
    this.#session = session;
    this.#leave = leave;
  }

  /** Settles when the mount has gone, whoever has unmounted it. */
  get ended(): Promise<void> {
    return this.#session.ended;
  }

  /**
   * Shows an image as a read-only loop device with its partitions.
   *
   * @throws {NotFoundError} if there are no loop devices.
   * @throws {ConflictError} if an image of this name is mapped already.
   * @throws {SystemError} if the system refuses a step; nothing is left then.
   */
  static async onLoopDevice(image: ImageToMap, mappings: Mappings): Promise<MappedImage> {
    const { folder, loops } = mappings;
    const { name, fileSystem, onFailure } = image;
    await loops.check();
    folder.create();
    await mappings.clean();
    const file = folder.fileOf(name);
    await using undo = new AsyncDisposableStack();
    const attempt = (what: string, step: () => Promise<unknown> | void) =>
      undo.defer(async () => {
        try {
          await step();
        } catch (error) {
          onFailure(what, error);
        }
      });
    // Others must not take what is half made for the rest of something.
    using _lock = await folder.lock();
    folder.createFile(file);
    attempt("remove the files of the mapping", () => folder.remove(file));
    const session = await FuseSession.mount({
      fileSystem,
      mountPoint: file,
      source: SOURCE,
      onFailure,
    });
    attempt("unmount the image", async () => {
      if (await session.unmount() === "unmounted") return;
      throw new ConflictError("it is still in use; reading it fails from now on");
    });
    folder.writeOwner(file);
    const device = await loops.attach(file);
    attempt("detach the loop device", () => loops.detach(device));
    const steps = undo.move();
    return new MappedImage(loops.pathOf(device), session, () => steps.disposeAsync());
  }

  /**
   * Shows an image in the place of a file. Needs neither a loop device nor privileges.
   *
   * @param file If it is there, its content is back when the mapping ends; else it is gone again.
   * @throws {PbsError} if nothing can be mounted on it.
   */
  static async onFile(image: ImageToMap, file: string): Promise<MappedImage> {
    const { name, fileSystem, onFailure } = image;
    const source = sourceOf(name);
    const isNew = createEmpty(file);
    const remove = () => {
      if (isNew) removeFile(file);
    };
    try {
      const session = await FuseSession.mount({ fileSystem, mountPoint: file, source, onFailure });
      return new MappedImage(session.mountPoint, session, async () => {
        await session.unmount();
        remove();
      });
    } catch (error) {
      remove();
      throw error;
    }
  }

  /** Ends the mapping: takes everything away that was made for it, as far as possible. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#leave();
  }
}

/** Makes an empty file. @returns Whether there was none. */
function createEmpty(file: string): boolean {
  const fd = openFile(file, OpenFlag.WRITE | OpenFlag.CREATE | OpenFlag.EXCLUSIVE, 0o600);
  if (fd === -Errno.EEXIST) return false;
  if (fd < 0) throw new SystemError(-fd, `cannot create "${file}": ${errnoText(-fd)}`);
  closeFile(fd);
  return true;
}
