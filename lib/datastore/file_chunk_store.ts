import { Errno } from "../../ffi/errno.ts";
import {
  closeFile,
  type FileStat,
  makeFolder,
  openFile,
  openFileLater,
  OpenFlag,
  readLater,
  removeFile,
  renameFile,
  statFile,
  statPath,
  syncFileLater,
  touchAccessTime,
  warmPath,
  writeLater,
} from "../../ffi/posix_files.ts";
import { listFolder } from "../../ffi/posix_folder.ts";
import {
  ENCRYPTED_HEADER_LENGTH,
  MAX_ENCODED_CHUNK_BYTES,
  parseBlobHeader,
  PLAIN_HEADER_LENGTH,
} from "../blob/mod.ts";
import { encodeHex } from "../bytes/mod.ts";
import { ConflictError, CorruptDataError, NotFoundError } from "../errors/mod.ts";
import { ExistingChunks } from "./_existing_chunk.ts";
import { checkResult, systemFailure } from "./_system_failure.ts";
import type {
  ChunkStore,
  InsertedChunk,
  StoredChunk,
  SweptChunk,
  SweptFolder,
} from "./chunk_store.ts";
import {
  BAD_CHUNK_FILE_PATTERN,
  CHUNK_FILE_PATTERN,
  CHUNK_FOLDER_COUNT,
  CHUNK_FOLDER_MODE,
  CHUNKS_FOLDER,
  FILE_MODE,
  TEMPORARY_CHUNK_FILE_PATTERN,
  USING_FILE_PATTERN,
} from "./format.ts";
import type { NewFileRules } from "./new_file_rules.ts";

/**
 * Moment at which chunks reach the disk: never on demand, each when it is written, or all when a
 * backup finishes.
 */
export type SyncLevel = "none" | "file" | "filesystem";

const HEX = new TextEncoder().encode("0123456789abcdef");
/** Chunk folders that are swept as one part: waiting for each would cost more than it takes. */
const FOLDERS_AT_A_TIME = 16;
const SUFFIX_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/**
 * Chunks as files below `.chunks`. Deciding about an existing chunk and marking it happens without
 * a pause in between, which stands for the reference's mutex against sweeps of the same process.
 */
export class FileChunkStore implements ChunkStore {
  /** See {@linkcode ChunkStore.comparesDuplicates}. */
  readonly comparesDuplicates = true;
  /** See {@linkcode ChunkStore.hasCheapLooks}. */
  readonly hasCheapLooks = true;
  readonly #folder: string;
  readonly #rules: NewFileRules;
  readonly #syncLevel: SyncLevel;
  readonly #running = new Map<string, Promise<InsertedChunk>>();
  readonly #existing = new ExistingChunks();
  #directory = -1;

  /**
   * @param root Path of the datastore.
   * @throws {NotFoundError} if there is no chunk store.
   */
  constructor(root: string, rules: NewFileRules, syncLevel: SyncLevel) {
    this.#folder = `${root}/${CHUNKS_FOLDER}`;
    this.#rules = rules;
    this.#syncLevel = syncLevel;
    this.#directory = checkResult(
      openFile(this.#folder, OpenFlag.DIRECTORY),
      () => `cannot open chunk store "${this.#folder}"`,
    );
  }

  /** Gives the directory handle back. */
  [Symbol.dispose](): void {
    if (this.#directory >= 0) closeFile(this.#directory);
    this.#directory = -1;
  }

  /** See {@linkcode ChunkStore.insert}. */
  async insert(digest: Uint8Array, blob: Uint8Array): Promise<InsertedChunk> {
    const name = encodeHex(digest);
    // The same chunk twice at a time: the second one finds what the first one wrote.
    while (this.#running.has(name)) await this.#running.get(name)!.catch(() => {});
    const running = this.#insert(digest, blob);
    this.#running.set(name, running);
    try {
      return await running;
    } finally {
      this.#running.delete(name);
    }
  }

  async #insert(digest: Uint8Array, blob: Uint8Array): Promise<InsertedChunk> {
    const path = chunkPath(digest);
    const name = encodeHex(digest);
    for (;;) {
      await warmPath(path, this.#directory);
      const stat = this.#look(path, name);
      const existing = stat && { path, directory: this.#directory, stat };
      if (existing === undefined || !await this.#existing.mayKeep(existing, digest, blob)) break;
      // Marked without a pause after this look; if it is another file now, that one is looked at.
      if (this.#look(path, name)?.inode !== stat!.inode) continue;
      const status = touchAccessTime(path, this.#directory);
      if (status === -Errno.ENOENT) continue;
      checkResult(status, () => `cannot mark chunk ${name} as used`);
      return { duplicate: true, storedSize: stat!.size };
    }
    await this.#write(path, digest, blob);
    return { duplicate: false, storedSize: blob.byteLength };
  }

  /** The file of a chunk. @throws {ConflictError} if its name is taken by something else. */
  #look(path: Uint8Array<ArrayBuffer>, name: string): FileStat | undefined {
    const stat = statPath(path, this.#directory);
    if (stat === -Errno.ENOENT) return undefined;
    if (typeof stat === "number") throw systemFailure(stat, `cannot look up chunk ${name}`);
    if (stat.isFile) return stat;
    throw new ConflictError(
      `"${this.#folder}/${name.slice(0, 4)}/${name}" is not a regular file, as a chunk is: ` +
        "verification sets it aside",
    );
  }

  async #write(
    path: Uint8Array<ArrayBuffer>,
    digest: Uint8Array,
    blob: Uint8Array,
  ): Promise<void> {
    const temporary = temporaryPath(path);
    const fail = (result: number) => {
      const error = systemFailure(result, `cannot write chunk ${encodeHex(digest)}`);
      removeFile(temporary, this.#directory);
      return error;
    };
    const flags = OpenFlag.WRITE | OpenFlag.CREATE | OpenFlag.EXCLUSIVE;
    let fd = openFile(temporary, flags, FILE_MODE, this.#directory);
    if (fd === -Errno.ENOENT) {
      this.#makeChunkFolder(path);
      fd = openFile(temporary, flags, FILE_MODE, this.#directory);
    }
    if (fd < 0) throw fail(fd);
    let status: number;
    let closed: number;
    try {
      status = this.#rules.applyToFile(fd, FILE_MODE);
      if (status === 0) status = await writeLater(fd, blob, 0);
      if (status === 0 && this.#syncLevel === "file") status = await syncFileLater(fd);
    } finally {
      closed = closeFile(fd);
    }
    if (status === 0) status = closed;
    if (status === 0) status = renameFile(temporary, path, this.#directory);
    if (status < 0) throw fail(status);
    if (this.#syncLevel === "file") await this.#syncFolderOf(path, digest);
  }

  #makeChunkFolder(path: Uint8Array): void {
    const name = new TextDecoder().decode(path.subarray(0, 4));
    const made = makeFolder(name, CHUNK_FOLDER_MODE, this.#directory);
    if (made === -Errno.EEXIST) return;
    checkResult(made, () => `cannot create chunk folder "${name}"`);
    checkResult(
      this.#rules.applyToFolder(`${this.#folder}/${name}`, CHUNK_FOLDER_MODE),
      () => `cannot set up chunk folder "${name}"`,
    );
  }

  async #syncFolderOf(path: Uint8Array, digest: Uint8Array): Promise<void> {
    const folder = path.slice(0, 4);
    const fd = openFile(folder, OpenFlag.DIRECTORY, 0, this.#directory);
    const status = fd < 0 ? fd : await syncFileLater(fd);
    if (fd >= 0) closeFile(fd);
    checkResult(status, () => `cannot sync the folder of chunk ${encodeHex(digest)}`);
  }

  /** See {@linkcode ChunkStore.read}. */
  async read(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void> {
    // Neither waiting for the writer of a pipe nor reading what lies elsewhere.
    const flags = OpenFlag.NOFOLLOW | OpenFlag.NONBLOCK;
    const fd = await openFileLater(chunkPath(digest), this.#directory, flags);
    if (fd === -Errno.ELOOP) {
      throw new CorruptDataError(`chunk ${encodeHex(digest)} is a symlink, which no chunk is`);
    }
    if (fd === -Errno.ENOENT) throw new NotFoundError(`there is no chunk ${encodeHex(digest)}`);
    checkResult(fd, () => `cannot open chunk ${encodeHex(digest)}`);
    try {
      const stat = statFile(fd);
      if (typeof stat === "number") {
        throw systemFailure(stat, `cannot look at chunk ${encodeHex(digest)}`);
      }
      // An empty file stands for a chunk that an object store keeps elsewhere (spec: datastore-formats.md §6.10).
      if (stat.isFile && stat.size === 0) {
        throw new NotFoundError(`chunk ${encodeHex(digest)} is not available in this store`);
      }
      const size = stat.size;
      if (!stat.isFile) {
        throw new CorruptDataError(`chunk ${encodeHex(digest)} is not a regular file`);
      }
      if (size < PLAIN_HEADER_LENGTH || size > MAX_ENCODED_CHUNK_BYTES) {
        throw new CorruptDataError(
          `chunk ${encodeHex(digest)} has ${size} bytes, which no chunk has`,
        );
      }
      const into = buffer(size).subarray(0, size);
      const length = await readLater(fd, into, 0);
      checkResult(length, () => `cannot read chunk ${encodeHex(digest)}`);
      if (length !== size) {
        throw new CorruptDataError(
          `chunk ${encodeHex(digest)} ended after ${length} of ${size} bytes`,
        );
      }
    } finally {
      closeFile(fd);
    }
  }

  /** See {@linkcode ChunkStore.readOriginal}: there are no copies. */
  readOriginal(digest: Uint8Array, buffer: (length: number) => Uint8Array): Promise<void> {
    return this.read(digest, buffer);
  }

  /** See {@linkcode ChunkStore.sizeOf}. */
  sizeOf(digest: Uint8Array): number | undefined {
    return this.stat(digest)?.size;
  }

  /** See {@linkcode ChunkStore.stat}. */
  stat(digest: Uint8Array): StoredChunk | undefined {
    const stat = statPath(chunkPath(digest), this.#directory);
    if (typeof stat !== "number") return stat;
    if (stat === -Errno.ENOENT) return undefined;
    throw systemFailure(stat, `cannot look up chunk ${encodeHex(digest)}`);
  }

  /** See {@linkcode ChunkStore.isEncrypted}. */
  async isEncrypted(digest: Uint8Array): Promise<boolean> {
    const flags = OpenFlag.NOFOLLOW | OpenFlag.NONBLOCK;
    const fd = await openFileLater(chunkPath(digest), this.#directory, flags);
    if (fd === -Errno.ENOENT || fd === -Errno.ELOOP) return false;
    checkResult(fd, () => `cannot open chunk ${encodeHex(digest)}`);
    try {
      const start = new Uint8Array(ENCRYPTED_HEADER_LENGTH);
      const length = await readLater(fd, start, 0);
      return parseBlobHeader(start.subarray(0, Math.max(length, 0))).encrypted;
    } catch (error) {
      if (!(error instanceof CorruptDataError)) throw error;
      return false;
    } finally {
      closeFile(fd);
    }
  }

  /** See {@linkcode ChunkStore.now}. */
  now(): number {
    const action = () => `cannot tell the time of chunk store "${this.#folder}"`;
    checkResult(touchAccessTime(".", this.#directory), action);
    const stat = statPath(".", this.#directory);
    if (typeof stat === "number") throw systemFailure(stat, action());
    return stat.accessTime;
  }

  /** See {@linkcode ChunkStore.touch}. */
  touch(digest: Uint8Array): boolean {
    const status = touchAccessTime(chunkPath(digest), this.#directory);
    if (status === -Errno.ENOENT) return false;
    checkResult(status, () => `cannot mark chunk ${encodeHex(digest)} as used`);
    return true;
  }

  /** See {@linkcode ChunkStore.mark}. */
  mark(digest: Uint8Array): boolean {
    return this.touch(digest);
  }

  /** See {@linkcode ChunkStore.touchBad}. */
  touchBad(digest: Uint8Array): number {
    let touched = 0;
    for (let n = 0; n <= 9; n++) {
      const name = badPath(digest, n);
      const status = touchAccessTime(name, this.#directory);
      if (status === -Errno.ENOENT) continue;
      checkResult(status, () => `cannot mark bad chunk "${name}" as used`);
      touched++;
    }
    return touched;
  }

  /** See {@linkcode ChunkStore.setAside}. */
  // deno-lint-ignore require-await
  async setAside(digest: Uint8Array, inode: bigint): Promise<string | undefined> {
    if (this.stat(digest)?.inode !== inode) return undefined;
    let n = 0;
    while (n < 9 && statPath(badPath(digest, n), this.#directory) !== -Errno.ENOENT) n++;
    const name = badPath(digest, n);
    const status = renameFile(chunkPath(digest), name, this.#directory);
    if (status === -Errno.ENOENT) return undefined;
    checkResult(status, () => `cannot set chunk ${encodeHex(digest)} aside`);
    return name.slice(5);
  }

  /** See {@linkcode ChunkStore.sweep}. */
  async *sweep(from = 0): AsyncGenerator<SweptFolder> {
    const present = new Set(this.#list(""));
    for (let folder = from; folder < CHUNK_FOLDER_COUNT;) {
      const end = folder - folder % FOLDERS_AT_A_TIME + FOLDERS_AT_A_TIME;
      yield { folder, items: this.#sweepFolders(folder, end, present) };
      folder = end;
    }
  }

  *#sweepFolders(
    from: number,
    end: number,
    present: ReadonlySet<string>,
  ): Generator<SweptChunk> {
    for (let folder = from; folder < end; folder++) {
      const name = folder.toString(16).padStart(4, "0");
      if (present.has(name)) yield* this.#sweepFolder(name);
    }
  }

  /** Names in a folder of the store; none if it is gone. */
  #list(folder: string): string[] {
    const names = listFolder(folder === "" ? "." : folder, this.#directory);
    if (names === -Errno.ENOENT) return [];
    if (typeof names === "number") {
      throw systemFailure(names, `cannot list chunk folder "${folder}"`);
    }
    return names.map(({ name }) => name);
  }

  *#sweepFolder(folder: string): Generator<SweptChunk> {
    for (const name of this.#list(folder)) {
      const kind = kindOf(name);
      if (kind === undefined) continue;
      const path = `${folder}/${name}`;
      const stat = statPath(path, this.#directory);
      if (stat === -Errno.ENOENT) continue;
      if (typeof stat === "number") throw systemFailure(stat, `cannot look at chunk "${path}"`);
      if (!stat.isFile) continue;
      const { size, accessTime, modificationTime, inode } = stat;
      const remove = () => {
        const status = removeFile(path, this.#directory);
        if (status !== -Errno.ENOENT) checkResult(status, () => `cannot remove chunk "${path}"`);
      };
      yield { kind, name, size, accessTime, modificationTime, inode, remove };
    }
  }
}

function kindOf(name: string): SweptChunk["kind"] | undefined {
  if (CHUNK_FILE_PATTERN.test(name)) return "chunk";
  if (BAD_CHUNK_FILE_PATTERN.test(name)) return "bad";
  if (TEMPORARY_CHUNK_FILE_PATTERN.test(name)) return "temporary";
  return USING_FILE_PATTERN.test(name) ? "using" : undefined;
}

/** `abcd/abcd…`. */
function chunkPath(digest: Uint8Array): Uint8Array<ArrayBuffer> {
  if (digest.byteLength !== 32) throw new RangeError("a digest has 32 bytes");
  const path = new Uint8Array(69);
  for (let i = 0, at = 5; i < 32; i++) {
    const byte = digest[i]!;
    path[at++] = HEX[byte >> 4]!;
    path[at++] = HEX[byte & 15]!;
  }
  path.copyWithin(0, 5, 9);
  path[4] = 0x2f;
  return path;
}

function badPath(digest: Uint8Array, n: number): string {
  const name = encodeHex(digest);
  return `${name.slice(0, 4)}/${name}.${n}.bad`;
}

/** The path of a chunk with `.tmp_` and six random characters. */
function temporaryPath(path: Uint8Array): Uint8Array<ArrayBuffer> {
  let suffix = ".tmp_";
  for (const byte of crypto.getRandomValues(new Uint8Array(6))) {
    suffix += SUFFIX_CHARACTERS[byte % SUFFIX_CHARACTERS.length];
  }
  const temporary = new Uint8Array(path.byteLength + suffix.length);
  temporary.set(path);
  temporary.set(new TextEncoder().encode(suffix), path.byteLength);
  return temporary;
}
