import { encodeHex } from "../bytes/mod.ts";
import { UsageError } from "../errors/mod.ts";
import { BACKUP_TYPES, isSafeName } from "../repository/mod.ts";

const CHUNK_NAME = /^[0-9a-f]{64}$/;
const BAD_CHUNK_NAME = /^[0-9a-f]{64}\.[0-9]\.bad$/;
/** Names of files that are being written; an archive has something behind that. */
const TEMPORARY_NAME = /\.tmp_[0-9A-Za-z]+$/;
const NAMESPACE_FOLDER = /^(ns\/[^/]+)(\/ns\/[^/]+)*$/;

/** A key below `.chunks/`, taken apart. */
export interface ChunkKey {
  readonly kind: "chunk" | "bad";
  /** 64 hexadecimal digits. */
  readonly digest: string;
  /** Last component. */
  readonly name: string;
}

/** Keys of a datastore in a bucket (spec: s3-datastore.md §3.1). Every prefix ends in `/`. */
export class BucketKeys {
  /** Prefix of everything. */
  readonly all: string;
  /** Prefix of everything that is not a chunk. */
  readonly contents: string;
  /** Prefix of the chunks. */
  readonly chunks: string;
  /** Object that says who uses the datastore. */
  readonly inUse: string;

  /**
   * @param name Name of the datastore.
   * @throws {UsageError} if a datastore cannot have it.
   */
  constructor(readonly name: string) {
    if (!isSafeName(name)) throw new UsageError(`"${name}" cannot be the name of a datastore`);
    this.all = `${name}/`;
    this.contents = `${name}/.cnt/`;
    this.chunks = `${name}/.chunks/`;
    this.inUse = `${name}/.in-use`;
  }

  /** Key of a file. @param path Below the datastore's root. */
  content(path: string): string {
    return `${this.contents}${path}`;
  }

  /** Prefix of the files in a folder and below it. @param path Below the datastore's root. */
  folder(path: string): string {
    return `${this.contents}${path}/`;
  }

  /** Key of the object that stands for a namespace. @param folder That of the namespace. */
  namespaceMarker(folder: string): string {
    return `${this.contents}${folder}/.namespace`;
  }

  /** Key of a chunk. @param digest 32 bytes. */
  chunk(digest: Uint8Array): string {
    const name = encodeHex(digest);
    return `${this.chunks}${name.slice(0, 4)}/${name}`;
  }

  /** Key of something that lies beside a chunk. @param name Begins with the digest. */
  besideChunk(name: string): string {
    return `${this.chunks}${name.slice(0, 4)}/${name}`;
  }

  /** A key of a listing of the chunks, taken apart; undefined for what is neither chunk nor bad chunk. */
  parseChunk(key: string): ChunkKey | undefined {
    const [folder, name, ...rest] = key.slice(this.chunks.length).split("/");
    if (!key.startsWith(this.chunks) || name === undefined || rest.length > 0) return undefined;
    if (name.slice(0, 4) !== folder) return undefined;
    const digest = name.slice(0, 64);
    if (CHUNK_NAME.test(name)) return { kind: "chunk", digest, name };
    return BAD_CHUNK_NAME.test(name) ? { kind: "bad", digest, name } : undefined;
  }

  /** Whether a file has an object; what is not in the tree of namespaces and what is being written has none. */
  hasObject(path: string): boolean {
    const first = path.slice(0, Math.max(path.indexOf("/"), 0));
    const isInTree = first === "ns" || (BACKUP_TYPES as readonly string[]).includes(first);
    return isInTree && !TEMPORARY_NAME.test(path);
  }

  /** Whether a folder is that of a namespace, which has an object of its own. */
  isNamespace(folder: string): boolean {
    return NAMESPACE_FOLDER.test(folder);
  }
}
