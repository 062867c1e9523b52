import { bytesEqual } from "../bytes/mod.ts";
import { AuthError, CorruptDataError, KeyError, NotFoundError } from "../errors/mod.ts";
import type { Manifest, ManifestFile } from "../manifest/mod.ts";
import { CheckedSnapshot } from "../reading/mod.ts";
import {
  type BackupSnapshot,
  ENCRYPTED_KEY_BLOB_NAME,
  isFinished,
  type SnapshotInfo,
  type SnapshotSource,
} from "../repository/mod.ts";
import { hasMasterKey } from "./_master_key_record.ts";
import { checkSigned } from "./_previous_snapshot.ts";
import type { BackupObserver, BackupRequest } from "./backup_request.ts";

/** Listener for what a manifest says of itself, which is not worth a line here. */
const SILENT = { log: () => {} };

/**
 * The newest finished snapshot of a group, to be compared with the sources: a run may end without a
 * snapshot only if this one has the same. Whatever is wrong with it means that it has not.
 */
export class LastSnapshot {
  private constructor(
    private readonly request: BackupRequest,
    readonly snapshot: BackupSnapshot,
    readonly manifest: Manifest,
  ) {}

  /**
   * Reads and checks its manifest.
   *
   * @returns undefined if there is none that could stand for the one that is asked for: the observer has
   *   heard why.
   */
  static async find(
    request: BackupRequest,
    observer: BackupObserver,
  ): Promise<LastSnapshot | undefined> {
    try {
      const last = await findLast(request);
      if (last === undefined) return undefined;
      const { type, id, time } = last;
      const snapshot = { type, id, time };
      await using source = await request.repository.openSnapshot(request.namespace, snapshot);
      const config = request.crypt?.config;
      const { manifest } = await CheckedSnapshot.open(source, config, "", SILENT);
      if (config !== undefined) checkSigned(manifest, config);
      return new LastSnapshot(request, snapshot, manifest);
    } catch (error) {
      if (!isOfSnapshot(error)) throw error;
      observer.log("info", `the last snapshot cannot be compared with: ${error.message}`);
      return undefined;
    }
  }

  /** Opens it: it is not kept open, a run may take hours. */
  async open(): Promise<SnapshotSource> {
    return await this.request.repository.openSnapshot(this.request.namespace, this.snapshot);
  }

  /**
   * Whether it has these files and no others, each with the same content.
   *
   * @param stored Files of the run that is to be compared.
   * @param contents Plain contents of the blobs among them.
   * @param besides Names of further files that were compared before.
   */
  async hasSame(
    stored: readonly ManifestFile[],
    contents: ReadonlyMap<string, Uint8Array>,
    besides: ReadonlySet<string> = new Set(),
  ): Promise<boolean> {
    const { crypt } = this.request;
    const hasKey = crypt?.encryptedKey !== undefined;
    const names = new Set([
      ...besides,
      ...stored.map(({ filename }) => filename),
      ...(hasKey ? [ENCRYPTED_KEY_BLOB_NAME] : []),
    ]);
    const { files } = this.manifest;
    if (files.length !== names.size || !files.every(({ filename }) => names.has(filename))) {
      return false;
    }
    if (!hasMasterKey(this.manifest, crypt)) return false;
    for (const file of stored) {
      const last = files.find(({ filename }) => filename === file.filename)!;
      if (!await this.#isSame(file, last, contents.get(file.filename))) return false;
    }
    return true;
  }

  /** A file of it that may be compared with one of the run: it is protected in the same way. */
  fileToCompare(name: string): ManifestFile | undefined {
    const mode = this.request.crypt?.mode ?? "none";
    return this.manifest.files.find(({ filename, cryptMode }) =>
      filename === name && cryptMode === mode
    );
  }

  async #isSame(
    file: ManifestFile,
    last: ManifestFile,
    content: Uint8Array | undefined,
  ): Promise<boolean> {
    if (last.cryptMode !== file.cryptMode) return false;
    if (content === undefined) {
      return last.size === file.size && bytesEqual(last.checksum, file.checksum);
    }
    // What is encrypted twice is different bytes: only contents can be compared.
    try {
      await using source = await this.open();
      const checked = await CheckedSnapshot.open(source, this.request.crypt?.config, "", SILENT);
      return bytesEqual(content, await checked.readBlob(last));
    } catch (error) {
      if (isOfSnapshot(error)) return false;
      throw error;
    }
  }
}

/** The newest finished snapshot, if it is older than the one that is asked for and not known damaged. */
async function findLast(
  { repository, namespace, snapshot: { type, id, time } }: BackupRequest,
): Promise<SnapshotInfo | undefined> {
  const listed = await repository.listSnapshots?.(namespace, { type, id }) ?? [];
  const [last] = listed.filter(isFinished).toSorted((a, b) => b.time - a.time);
  if (last === undefined || last.time >= time) return undefined;
  return last.verification?.state === "failed" ? undefined : last;
}

/** Whether an error is about the last snapshot alone, and a new one can be made all the same. */
export function isOfSnapshot(error: unknown): error is Error {
  return error instanceof CorruptDataError || error instanceof NotFoundError ||
    error instanceof KeyError || error instanceof AuthError;
}
