import type { FolderEntry } from "../datastore/mod.ts";
import type { ListedObject } from "../s3/mod.ts";

/** A file as it was listed. */
export interface TreeFile {
  readonly size: number;
  readonly etag: string;
  /** Seconds since the epoch. */
  readonly time: number;
}

/** Files and folders of a store by their paths, as they were listed and changed since. */
export class ObjectTree {
  readonly #folders = new Map<string, Map<string, TreeFile | "folder">>([["", new Map()]]);

  /** Puts a file in its place, with the folders above it. */
  set(path: string, file: TreeFile): void {
    const [folder, name] = split(path);
    this.makeFolder(folder).set(name, file);
  }

  /** Puts a listed object in its place. */
  add(path: string, { size, etag, modificationTime }: ListedObject): void {
    this.set(path, { size, etag, time: modificationTime });
  }

  get(path: string): TreeFile | undefined {
    const [folder, name] = split(path);
    const found = this.#folders.get(folder)?.get(name);
    return found === "folder" ? undefined : found;
  }

  hasFolder(path: string): boolean {
    return this.#folders.has(path);
  }

  /** Makes a folder and those above it. */
  makeFolder(path: string): Map<string, TreeFile | "folder"> {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const entries = new Map<string, TreeFile | "folder">();
    this.#folders.set(path, entries);
    const [parent, name] = split(path);
    this.makeFolder(parent).set(name, "folder");
    return entries;
  }

  /** Entries of a folder; undefined if there is none. */
  list(folder: string): FolderEntry[] | undefined {
    const entries = this.#folders.get(folder);
    if (entries === undefined) return undefined;
    return [...entries].map(([name, item]) => ({
      name,
      kind: item === "folder" ? "folder" : "file",
    }));
  }

  /** Forgets a file. @returns Whether it was there. */
  delete(path: string): boolean {
    const [folder, name] = split(path);
    const entries = this.#folders.get(folder);
    if (entries === undefined || entries.get(name) === "folder") return false;
    return entries.delete(name);
  }

  /** Forgets a folder with all it holds. */
  deleteTree(path: string): void {
    for (const [name, item] of this.#folders.get(path) ?? []) {
      if (item === "folder") this.deleteTree(`${path}/${name}`);
    }
    this.#folders.delete(path);
    const [parent, name] = split(path);
    this.#folders.get(parent)?.delete(name);
  }

  /** All files below a folder. */
  *files(folder: string): Generator<string> {
    for (const [name, item] of this.#folders.get(folder) ?? []) {
      const path = folder === "" ? name : `${folder}/${name}`;
      if (item === "folder") yield* this.files(path);
      else yield path;
    }
  }
}

function split(path: string): [folder: string, name: string] {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? ["", path] : [path.slice(0, slash), path.slice(slash + 1)];
}
