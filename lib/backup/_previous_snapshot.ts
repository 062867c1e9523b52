import type { ChunkPipeline } from "../chunking/mod.ts";
import type { CryptConfig } from "../crypto/mod.ts";
import { CorruptDataError, describeError, NotFoundError } from "../errors/mod.ts";
import { type ChunkIndex, parseDynamicIndex, parseFixedIndex } from "../index/mod.ts";
import {
  checkKeyFingerprint,
  checkSignature,
  decodeManifestBlob,
  lookUpFile,
  type Manifest,
  verifyIndex,
} from "../manifest/mod.ts";
import {
  type BackupPreview,
  CATALOG_NAME,
  parseArchiveName,
  splitArchiveNames,
} from "../repository/mod.ts";
import type { ArchiveSpec, BackupObserver, BackupRequest } from "./backup_request.ts";

const DIGEST_LENGTH = 32;

/**
 * The previous snapshot of the group, as far as the run takes things over. Whatever is wrong with it only
 * means that more is sent again (spec: datastore-formats.md §3.7).
 */
export class PreviousSnapshot {
  readonly #indexes = new Map<string, Promise<ChunkIndex>>();
  /** Why the indexes of these names are of no use. */
  readonly #problems = new Map<string, unknown>();

  private constructor(
    readonly manifest: Manifest | undefined,
    private readonly target: BackupPreview,
    private readonly observer: BackupObserver,
    private readonly isEncrypting: boolean,
  ) {}

  /** Fetches and checks the previous manifest. */
  static async open(
    target: BackupPreview,
    request: BackupRequest,
    observer: BackupObserver,
  ): Promise<PreviousSnapshot> {
    const config = request.crypt?.config;
    let manifest: Manifest | undefined;
    try {
      const blob = await target.previousManifest();
      observer.previousManifest?.(blob === undefined ? undefined : target.previousTime);
      if (blob !== undefined) {
        manifest = await decodeManifestBlob(blob, "previous manifest");
        if (config !== undefined) checkSigned(manifest, config);
      }
    } catch (error) {
      observer.log("warn", `Couldn't download previous manifest - ${describeError(error)[0]}`);
      manifest = undefined;
    }
    try {
      if (manifest !== undefined) checkKeyFingerprint(manifest, config);
    } catch (error) {
      observer.log("warn", `Couldn't re-use previous manifest - ${describeError(error)[0]}`);
      if (config === undefined) observer.groupIsEncrypted?.();
      manifest = undefined;
    }
    return new PreviousSnapshot(manifest, target, observer, request.crypt?.mode === "encrypt");
  }

  /** Whether nothing was found to be wrong with its indexes. */
  get isSound(): boolean {
    return this.#problems.size === 0;
  }

  /** Whether it has a split archive, of which contents could be taken over. */
  get hasPayload(): boolean {
    return this.manifest?.files.some(({ filename }) => isPayloadIndex(filename)) ?? false;
  }

  /**
   * Bytes of all indexes of the previous snapshot that stand for these archives.
   *
   * @returns undefined if one of them was not in it.
   */
  expectedBytes(archives: readonly ArchiveSpec[]): number | undefined {
    const files = this.manifest?.files ?? [];
    const sizeOf = (name: string) => files.find(({ filename }) => filename === name)?.size;
    let total = sizeOf(CATALOG_NAME) ?? 0;
    for (const { name, kind } of archives) {
      // Single files are no indexes, and small.
      if (kind !== "pxar" && kind !== "img") continue;
      const { serverName } = parseArchiveName(name);
      const halves = splitArchiveNames(serverName);
      const parts = [
        serverName,
        ...(halves === undefined ? [] : [halves.metadata, halves.payload]),
      ].map(sizeOf).filter((size) => size !== undefined);
      if (parts.length === 0) return undefined;
      total += parts.reduce((sum, size) => sum + size, 0);
    }
    return total;
  }

  /**
   * Makes the chunks of all previous indexes known to the pipeline, whatever the archives are called
   * now and in whichever mode they are made: all archives of the run share one set
   * (spec: client-pipeline.md §1.6, §2.2).
   */
  async addKnownChunks(pipeline: ChunkPipeline): Promise<void> {
    for (const { filename, cryptMode } of this.manifest?.files ?? []) {
      if (!/\.[df]idx$/.test(filename)) continue;
      // Digests of encrypted chunks depend on the key: the two kinds have none in common (datastore-formats.md §1.8).
      if ((cryptMode === "encrypt") !== this.isEncrypting) continue;
      try {
        pipeline.addKnown(digestsOf(await this.readIndex(filename)));
        // Of the others the digests are all that is needed.
        if (!isPayloadIndex(filename)) this.#indexes.delete(filename);
      } catch (error) {
        this.#problems.set(filename, error);
      }
    }
  }

  /**
   * Says what became of the previous index of an archive that is about to be stored.
   *
   * @param serverName Name of the archive in the repository.
   */
  tellOfIndex(serverName: string): void {
    if (this.manifest === undefined) return;
    if (this.#problems.has(serverName)) {
      const [problem] = describeError(this.#problems.get(serverName));
      this.observer.log("warn", `Couldn't use previous index of '${serverName}' - ${problem}`);
    } else if (
      // The official client has no use for the previous catalog, so nobody misses it.
      serverName !== CATALOG_NAME &&
      !this.manifest.files.some(({ filename }) => filename === serverName)
    ) {
      this.observer.log(
        "info",
        `Previous manifest does not contain an archive called '${serverName}', skipping download..`,
      );
    }
  }

  /**
   * The previous index of an archive, checked against the manifest; its chunks may be placed from
   * then on. That of a payload is fetched once and kept.
   *
   * @throws {NotFoundError} if the manifest has none, {CorruptDataError} if it is another one.
   */
  async readIndex(serverName: string): Promise<ChunkIndex> {
    let reading = this.#indexes.get(serverName);
    if (reading === undefined) {
      reading = this.#fetchIndex(serverName);
      this.#indexes.set(serverName, reading);
    }
    return await reading;
  }

  async #fetchIndex(serverName: string): Promise<ChunkIndex> {
    if (this.manifest === undefined) throw new NotFoundError("there is no previous manifest");
    const file = lookUpFile(this.manifest, serverName);
    const bytes = await this.target.previousIndex(serverName);
    const index = serverName.endsWith(".fidx")
      ? parseFixedIndex(bytes, serverName)
      : parseDynamicIndex(bytes, serverName);
    verifyIndex(file, index);
    return index;
  }
}

/**
 * Plain snapshots carry no signature and may be built upon. Encrypted ones always do: one without it
 * was changed, and could name chunks that are gone.
 */
export function checkSigned(manifest: Manifest, config: CryptConfig): void {
  if (checkSignature(manifest, config) === "signed") return;
  if (manifest.files.some(({ cryptMode }) => cryptMode !== "none")) {
    throw new CorruptDataError("its signature is missing");
  }
}

/** Whether change detection looks up places in the index of that name. */
function isPayloadIndex(serverName: string): boolean {
  return serverName.endsWith(".ppxar.didx");
}

function digestsOf(index: ChunkIndex): Uint8Array {
  const digests = new Uint8Array(index.chunkCount * DIGEST_LENGTH);
  for (let i = 0; i < index.chunkCount; i++) digests.set(index.digestAt(i), i * DIGEST_LENGTH);
  return digests;
}
