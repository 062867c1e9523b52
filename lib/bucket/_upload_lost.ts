import { checkBlobCrc } from "../blob/mod.ts";
import {
  type Datastore,
  type DatastoreSnapshot,
  groupsOf,
  namespaceFolder,
  namespacesBelow,
  readIndex,
  readManifest,
  snapshotsOf,
} from "../datastore/mod.ts";
import { CancelledError, CorruptDataError, describeError, NotFoundError } from "../errors/mod.ts";
import { type ManifestFile, verifyBlob, verifyIndex } from "../manifest/mod.ts";
import { archiveKind, MANIFEST_BLOB_NAME, type TaskLog } from "../repository/mod.ts";
import { compareFile, type CompareParts } from "./_compare_files.ts";

/** How to upload what was lost. */
export interface UploadLost {
  readonly log: TaskLog;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Brings files of finished snapshots back into a bucket that has lost them, from the cache: only those that are
 * sound by their manifest, in the order in which a backup writes them. Objects that are there stay, but for archives
 * that are other ones than the manifest names. Nobody else may use the datastore.
 *
 * @returns How many were written.
 * @throws {CancelledError} if it was asked to stop.
 */
export async function uploadLost(
  parts: CompareParts,
  datastore: Datastore,
  options: UploadLost,
): Promise<number> {
  const upload = new Upload(parts, options);
  for (const namespace of await namespacesBelow(datastore, "")) {
    if (namespace !== "") await upload.namespace(namespaceFolder(namespace));
    for (const group of await groupsOf(datastore, namespace)) {
      const snapshots = await snapshotsOf(group);
      if (snapshots.length === 0) continue;
      // A group without its owner is nobody's.
      await upload.file(`${group.folder}/owner`, false);
      await upload.file(`${group.folder}/notes`, false);
      for (const snapshot of snapshots) await upload.snapshot(snapshot);
    }
  }
  return upload.written;
}

class Upload {
  written = 0;
  readonly #parts: CompareParts;
  readonly #options: UploadLost;

  constructor(parts: CompareParts, options: UploadLost) {
    this.#parts = parts;
    this.#options = options;
  }

  async namespace(folder: string): Promise<void> {
    const { keys, objects } = this.#parts;
    const key = keys.namespaceMarker(folder);
    if (await objects.put(key, new Uint8Array(), { ifAbsent: true }) === "stored") this.#tell(key);
  }

  async snapshot(snapshot: DatastoreSnapshot): Promise<void> {
    const { local, keys } = this.#parts;
    const { log } = this.#options;
    let files: readonly ManifestFile[];
    try {
      ({ files } = await readManifest(snapshot));
      for (const file of files) await this.#requireSound(snapshot, file);
    } catch (error) {
      if (!(error instanceof CorruptDataError || error instanceof NotFoundError)) throw error;
      log(
        `WARN: nothing of "${snapshot.fullPath}" is uploaded: ${describeError(error).join(": ")}`,
        true,
      );
      return;
    }
    const named = new Set(files.map(({ filename }) => filename));
    const names = (await local.list(snapshot.folder)).filter(({ name, kind }) =>
      kind === "file" && name !== MANIFEST_BLOB_NAME && keys.hasObject(snapshot.file(name))
    );
    for (const { name } of names) await this.file(snapshot.file(name), named.has(name));
    await this.file(snapshot.file(MANIFEST_BLOB_NAME), false);
  }

  /** @param replace Whether an object with another content is replaced. */
  async file(path: string, replace: boolean): Promise<void> {
    if (this.#options.signal?.aborted) throw new CancelledError("the upload was stopped");
    const { keys, local, objects } = this.#parts;
    const state = await compareFile(this.#parts, path);
    const key = keys.content(path);
    if (state === "same") return;
    if (state === "different" && !replace) {
      this.#options.log(`"${key}" is another one than in the cache, which takes it over`);
      return;
    }
    await objects.put(key, await local.read(path));
    this.#tell(key);
  }

  /** @throws {CorruptDataError | NotFoundError} if a file is not the one that the manifest names. */
  async #requireSound(snapshot: DatastoreSnapshot, file: ManifestFile): Promise<void> {
    const bytes = await this.#parts.local.read(snapshot.file(file.filename));
    if (archiveKind(file.filename) === "blob") {
      checkBlobCrc(bytes, file.filename);
      verifyBlob(file, bytes);
    } else verifyIndex(file, readIndex(bytes, file.filename));
  }

  #tell(key: string): void {
    this.written++;
    this.#options.log(`uploaded "${key}"`);
  }
}
