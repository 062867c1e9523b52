import { quotePath } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import type { LostEntry, RestoreObserver } from "./restore_request.ts";

/** Entries that could not be restored because something is damaged or missing: named, and counted. */
export class Losses {
  readonly #observer: RestoreObserver;
  #first: CorruptDataError | undefined;
  #files = 0;
  /** Entries of which not even the names are left. */
  #nameless = 0;
  /** Directories of which nobody knows how much is lost. */
  #rests = 0;
  #damagedEntries = 0;

  constructor(observer: RestoreObserver) {
    this.#observer = observer;
  }

  /** Entries that are lost: files, and what nobody knows the kind of; a rest counts as one. */
  get count(): number {
    return this.#files + this.#nameless + this.#rests;
  }

  /** Whether anything is lost. */
  get any(): boolean {
    return this.#first !== undefined;
  }

  /** The failure that all of it is, if there is any. */
  get failure(): CorruptDataError | undefined {
    const first = this.#first;
    if (first === undefined) return undefined;
    const parts = [
      ...counted(this.#files, "1 file", "files"),
      ...counted(this.#nameless, "1 entry", "entries"),
      ...counted(this.#rests, "the rest of 1 directory", "directories", "the rest of "),
      ...counted(
        this.#damagedEntries,
        "the attributes of 1 entry",
        "entries",
        "the attributes of ",
      ),
    ];
    return new CorruptDataError(`${parts.join(" and ")} could not be restored - ${first.message}`, {
      cause: first,
    });
  }

  /** A file, or whatever has that name, is lost. */
  file(path: Uint8Array, cause: CorruptDataError): void {
    this.#note(`${quotePath(path)}: ${cause.message}`, cause, { kind: "file", path });
    this.#files++;
  }

  /** Entries of a directory are lost, and so are their names. */
  nameless(count: number, directory: Uint8Array, cause: CorruptDataError): void {
    const what = count === 1 ? "an entry" : `${count} entries`;
    const names = count === 1 ? "its name is" : "their names are";
    this.#note(
      `${what} of ${quotePath(directory)}, ${names} lost as well: ${cause.message}`,
      cause,
      { kind: "entries", path: directory, count },
    );
    this.#nameless += count;
  }

  /** The rest of a directory is lost, however much that is. */
  rest(directory: Uint8Array, cause: CorruptDataError): void {
    this.#note(`what follows in ${quotePath(directory)}: ${cause.message}`, cause, {
      kind: "rest",
      path: directory,
    });
    this.#rests++;
  }

  /** A directory is made without anything but its entries. */
  metadata(path: Uint8Array, cause: CorruptDataError): void {
    this.#note(`the metadata of ${quotePath(path)}: ${cause.message}`, cause, {
      kind: "metadata",
      path,
    });
    this.#damagedEntries++;
  }

  /** An entry is made without its attributes. */
  attributes(path: Uint8Array, problem: string, archive: string): void {
    const cause = new CorruptDataError(`${archive}: entry ${quotePath(path)} ${problem}`);
    this.#note(`the attributes of ${quotePath(path)}: it ${problem}`, cause, {
      kind: "attributes",
      path,
    });
    this.#damagedEntries++;
  }

  #note(what: string, cause: CorruptDataError, lost: LostEntry): void {
    this.#observer.log("error", `cannot restore ${what}`);
    this.#observer.lost?.({ ...lost, path: lost.path.slice() });
    this.#first ??= cause;
  }
}

function counted(count: number, one: string, many: string, before = ""): string[] {
  return count === 0 ? [] : [count === 1 ? one : `${before}${count} ${many}`];
}
