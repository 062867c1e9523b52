import { Errno } from "../../ffi/errno.ts";
import { currentUmask, effectiveIds } from "../../ffi/posix_file_system.ts";
import {
  changeMode,
  changeOwner,
  changePathMode,
  changePathOwner,
  type FileStat,
  statFile,
  statPath,
} from "../../ffi/posix_files.ts";

/** Owner of files. */
export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/** How a file system says that it has no owners or modes of its own, or gives none away. */
const REFUSALS: ReadonlySet<number> = new Set([
  -Errno.EPERM,
  -Errno.EINVAL,
  -Errno.ENOSYS,
  -Errno.EOPNOTSUPP,
]);

/** Whether a negative error number is such a refusal. */
export function isRefusal(status: number): boolean {
  return REFUSALS.has(status);
}

/** The calls for a file or a folder. */
interface Changes {
  mode(mode: number): number;
  owner(owner: FileOwner): number;
  stat(): FileStat | number;
}

/**
 * Gives everything that is created in a datastore the owner of its root folder and the modes a
 * server expects, whatever the process's umask is. A share that refuses (a squashed superuser, SMB,
 * FUSE) holds a datastore all the same; what is not as it should be there is noted once.
 */
export class NewFileRules {
  /** The owner to set, where it is not the process anyway. */
  readonly owner: FileOwner | undefined;
  readonly #umask: number;
  readonly #refused = { owner: false, mode: false };
  #notes: string[] = [];

  /** @param root Metadata of the datastore's root folder. */
  constructor(root: Pick<FileStat, "uid" | "gid">) {
    const own = effectiveIds();
    // Only the superuser can give files away; everybody else creates them as who they are.
    const differs = own.uid === 0 && (root.uid !== own.uid || root.gid !== own.gid);
    this.owner = differs ? { uid: root.uid, gid: root.gid } : undefined;
    this.#umask = currentUmask();
  }

  /** Lines about what the file system refused and is not as it should be, since the last call. */
  takeNotes(): string[] {
    const notes = this.#notes;
    this.#notes = [];
    return notes;
  }

  /** Adds a line for {@linkcode NewFileRules.takeNotes}. */
  note(line: string): void {
    this.#notes.push(line);
  }

  /** Whether the process's umask takes bits of a mode away. */
  isMasked(mode: number): boolean {
    return (this.#umask & mode) !== 0;
  }

  /** Applies the rules to a file that was just created. @returns 0 or a negative error number. */
  applyToFile(fd: number, mode: number): number {
    return this.#apply(mode, {
      mode: (mode) => changeMode(fd, mode),
      owner: ({ uid, gid }) => changeOwner(fd, uid, gid),
      stat: () => statFile(fd),
    });
  }

  /** Applies the rules to a folder that was just created. @returns 0 or a negative error number. */
  applyToFolder(path: string, mode: number): number {
    return this.#apply(mode, {
      mode: (mode) => changePathMode(path, mode),
      owner: ({ uid, gid }) => changePathOwner(path, uid, gid),
      stat: () => statPath(path),
    });
  }

  #apply(mode: number, changes: Changes): number {
    if ((this.#umask & mode) !== 0 && !this.#refused.mode) {
      const status = changes.mode(mode);
      if (status < 0) {
        if (!isRefusal(status)) return status;
        this.#refused.mode = true;
        const stat = changes.stat();
        if (typeof stat === "number") return stat;
        if ((stat.mode & 0o777) !== mode) {
          this.note(
            `the file system does not let modes be changed: new files of the datastore have mode ${
              (stat.mode & 0o777).toString(8).padStart(4, "0")
            }`,
          );
        }
      }
    }
    const { owner } = this;
    if (owner === undefined || this.#refused.owner) return 0;
    const status = changes.owner(owner);
    if (!isRefusal(status)) return status;
    this.#refused.owner = true;
    const stat = changes.stat();
    if (typeof stat === "number") return stat;
    if (stat.uid !== owner.uid || stat.gid !== owner.gid) {
      this.note(
        `the file system does not let files be given away: new ones of the datastore belong to ` +
          `${stat.uid}:${stat.gid}, not to ${owner.uid}:${owner.gid} as its folder does`,
      );
    }
    return 0;
  }
}
