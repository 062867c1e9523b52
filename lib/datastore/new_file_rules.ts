import { currentUmask, effectiveIds } from "../../ffi/posix_file_system.ts";
import { changeMode, changeOwner, changePathOwner, type FileStat } from "../../ffi/posix_files.ts";

/** Who owns files. */
export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Gives everything that is created in a datastore the owner of its root folder and the modes a
 * server expects, whatever the process's umask is.
 */
export class NewFileRules {
  /** The owner to set, where it is not the process anyway. */
  readonly owner: FileOwner | undefined;
  readonly #umask: number;

  /** @param root Metadata of the datastore's root folder. */
  constructor(root: Pick<FileStat, "uid" | "gid">) {
    const own = effectiveIds();
    // Only the superuser can give files away; everybody else creates them as who they are.
    const differs = own.uid === 0 && (root.uid !== own.uid || root.gid !== own.gid);
    this.owner = differs ? { uid: root.uid, gid: root.gid } : undefined;
    this.#umask = currentUmask();
  }

  /** Applies the rules to a file that was just created. @returns 0 or a negative error number. */
  applyToFile(fd: number, mode: number): number {
    let status = 0;
    if ((this.#umask & mode) !== 0) status = changeMode(fd, mode);
    if (status === 0 && this.owner) status = changeOwner(fd, this.owner.uid, this.owner.gid);
    return status;
  }

  /** Applies the rules to a folder that was just created. @returns 0 or a negative error number. */
  applyToFolder(path: string, mode: number): number {
    if ((this.#umask & mode) !== 0) Deno.chmodSync(path, mode);
    return this.owner ? changePathOwner(path, this.owner.uid, this.owner.gid) : 0;
  }
}
