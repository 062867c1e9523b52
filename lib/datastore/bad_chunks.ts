import { decodeHex, encodeHex } from "../bytes/mod.ts";
import { CorruptDataError, NotFoundError } from "../errors/mod.ts";
import type { Manifest } from "../manifest/mod.ts";
import type { SeenChunk } from "./chunk_store.ts";
import type { Datastore } from "./datastore.ts";
import { DigestTable } from "./digest_table.ts";
import { BAD_CHUNKS_FOLDER } from "./format.ts";
import { joinPath } from "./layout.ts";
import { readIndex } from "./read_index.ts";

/** Whom a chunk that was found bad is of no use to. */
export type BadFor = "everybody" | "unencrypted archives";

const ENTRY_PATTERN = /^([0-9a-f]{64})(\.plain)?$/;
const FOR_EVERYBODY = 1;
const FOR_UNENCRYPTED = 2;

/**
 * Remembers that a chunk was found bad, so that no backup takes it over from a snapshot that names
 * it. An entry counts until another file lies under the digest (docs/datastore.md "Verification").
 *
 * @param file What lay there, undefined if nothing did.
 */
export async function recordBadChunk(
  datastore: Datastore,
  digest: Uint8Array,
  badFor: BadFor,
  file: SeenChunk | undefined,
): Promise<void> {
  await datastore.files.makeFolder(BAD_CHUNKS_FOLDER);
  const name = encodeHex(digest) + (badFor === "everybody" ? "" : ".plain");
  const inode = new TextEncoder().encode(`${file?.inode ?? ""}\n`);
  await datastore.files.replace(joinPath(BAD_CHUNKS_FOLDER, name), inode);
}

/** The chunks that are known to be bad in a datastore. */
export class BadChunks {
  readonly #digests = new DigestTable();
  readonly #datastore: Datastore;

  private constructor(datastore: Datastore) {
    this.#datastore = datastore;
  }

  /** Reads what is recorded. Costs next to nothing where nothing is. */
  static async read(datastore: Datastore): Promise<BadChunks> {
    const bad = new BadChunks(datastore);
    for (const { name, digest, badFor } of await entriesOf(datastore)) {
      if (await isHealed(datastore, name, digest)) continue;
      bad.#digests.set(digest, (bad.#digests.get(digest) ?? 0) | badFor);
    }
    return bad;
  }

  /**
   * Whether a bad chunk is named by an index of a snapshot.
   *
   * @param folder That of the snapshot.
   * @param isRelevant Leaves chunks out, for who knows better.
   */
  async areIn(
    folder: string,
    manifest: Manifest,
    isRelevant: (digest: Uint8Array) => boolean = () => true,
  ): Promise<boolean> {
    if (this.#digests.count === 0) return false;
    for (const { filename, cryptMode } of manifest.files) {
      if (!/\.[fd]idx$/.test(filename)) continue;
      const index = readIndex(
        await this.#datastore.files.read(joinPath(folder, filename)),
        filename,
      );
      const harm = cryptMode === "encrypt" ? FOR_EVERYBODY : FOR_EVERYBODY | FOR_UNENCRYPTED;
      for (let i = 0; i < index.chunkCount; i++) {
        const digest = index.digestAt(i);
        if (((this.#digests.get(digest) ?? 0) & harm) !== 0 && isRelevant(digest)) return true;
      }
    }
    return false;
  }

  /** Whether a chunk is bad for anybody. */
  has(digest: Uint8Array): boolean {
    return this.#digests.has(digest);
  }
}

/** Forgets what is recorded of a chunk that has just been found sound. */
export async function forgetBadChunk(
  datastore: Datastore,
  digest: Uint8Array,
  encrypted: boolean,
): Promise<void> {
  const path = joinPath(BAD_CHUNKS_FOLDER, encodeHex(digest));
  await datastore.files.removeFile(path);
  if (!encrypted) await datastore.files.removeFile(`${path}.plain`);
}

/**
 * Forgets what is recorded of chunks that were replaced, or that nobody needs any more.
 *
 * @param isNeeded Whether any index names the chunk.
 */
export async function forgetBadChunks(
  datastore: Datastore,
  isNeeded: (digest: Uint8Array) => boolean,
): Promise<void> {
  const entries = await entriesOf(datastore);
  for (const { name, digest } of entries) {
    if (isNeeded(digest) && !await isHealed(datastore, name, digest)) continue;
    await datastore.files.removeFile(joinPath(BAD_CHUNKS_FOLDER, name));
  }
  if (entries.length > 0) await datastore.files.removeEmptyFolder(BAD_CHUNKS_FOLDER);
}

interface Entry {
  readonly name: string;
  readonly digest: Uint8Array;
  readonly badFor: number;
}

async function entriesOf(datastore: Datastore): Promise<Entry[]> {
  if (!datastore.files.hasFolder(BAD_CHUNKS_FOLDER)) return [];
  const entries: Entry[] = [];
  for (const { name, kind } of await datastore.files.list(BAD_CHUNKS_FOLDER)) {
    const match = kind === "file" ? ENTRY_PATTERN.exec(name) : null;
    if (match === null) continue;
    const badFor = match[2] === undefined ? FOR_EVERYBODY : FOR_UNENCRYPTED;
    entries.push({ name, digest: decodeHex(match[1]!), badFor });
  }
  return entries;
}

/** Whether another file lies under the digest now. */
async function isHealed(datastore: Datastore, name: string, digest: Uint8Array): Promise<boolean> {
  const file = await datastore.chunks.stat(digest);
  if (file === undefined || file.size === 0) return false;
  try {
    const text = await datastore.files.read(joinPath(BAD_CHUNKS_FOLDER, name));
    return new TextDecoder().decode(text).trim() !== `${file.inode}`;
  } catch (error) {
    // Forgotten meanwhile, or not readable: the file may be the bad one.
    if (error instanceof NotFoundError) return true;
    if (error instanceof CorruptDataError) return false;
    throw error;
  }
}
