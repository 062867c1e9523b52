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
  type BackupTarget,
  CATALOG_NAME,
  parseArchiveName,
  splitArchiveNames,
} from "../repository/mod.ts";
import type { ArchiveSpec, BackupObserver, BackupRequest } from "./backup_request.ts";

const DIGEST_LENGTH = 32;

/**
 * What the run takes over from the previous snapshot of the group. Whatever is wrong with it only
 * means that more is sent again (spec: datastore-formats.md §3.7).
 */
export class PreviousSnapshot {
  readonly #indexes = new Map<string, Promise<ChunkIndex>>();

  private constructor(
    readonly manifest: Manifest | undefined,
    private readonly target: BackupTarget,
    private readonly observer: BackupObserver,
    private readonly isEncrypting: boolean,
  ) {}

  /** Fetches and checks the previous manifest. */
  static async open(
    target: BackupTarget,
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
   * Makes the chunks of an archive's previous index known to the pipeline.
   *
   * @param serverName Name of the archive in the repository.
   */
  async addKnownChunks(serverName: string, pipeline: ChunkPipeline): Promise<void> {
    if (this.manifest === undefined) return;
    const file = this.manifest.files.find(({ filename }) => filename === serverName);
    if (file === undefined) {
      if (serverName === CATALOG_NAME) return;
      this.observer.log(
        "info",
        `Previous manifest does not contain an archive called '${serverName}', skipping download..`,
      );
      return;
    }
    // Digests of encrypted chunks depend on the key: the two kinds have none in common (datastore-formats.md §1.8).
    if ((file.cryptMode === "encrypt") !== this.isEncrypting) return;
    try {
      pipeline.addKnown(digestsOf(await this.readIndex(serverName)));
    } catch (error) {
      this.observer.log(
        "warn",
        `Couldn't use previous index of '${serverName}' - ${describeError(error)[0]}`,
      );
    }
  }

  /**
   * The previous index of an archive, checked against the manifest; its chunks may be placed from
   * then on. Fetched once.
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
function checkSigned(manifest: Manifest, config: CryptConfig): void {
  if (checkSignature(manifest, config) === "signed") return;
  if (manifest.files.some(({ cryptMode }) => cryptMode !== "none")) {
    throw new CorruptDataError("its signature is missing");
  }
}

function digestsOf(index: ChunkIndex): Uint8Array {
  const digests = new Uint8Array(index.chunkCount * DIGEST_LENGTH);
  for (let i = 0; i < index.chunkCount; i++) digests.set(index.digestAt(i), i * DIGEST_LENGTH);
  return digests;
}
