import { checkBlobCrc } from "../blob/mod.ts";
import { encodeHex } from "../bytes/mod.ts";
import { askPlaces } from "../elsewhere/mod.ts";
import {
  CorruptDataError,
  describeError,
  LockedError,
  NotFoundError,
  PbsError,
} from "../errors/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";
import {
  checkManifestOf,
  decodeManifestBlob,
  type Manifest,
  type ManifestFile,
  verifyStateOf,
} from "../manifest/mod.ts";
import { DamagedChunkError } from "../reading/mod.ts";
import {
  archiveKind,
  CLIENT_LOG_BLOB_NAME,
  formatSnapshotPath,
  isSafeName,
  MANIFEST_BLOB_NAME,
  type ReadChunk,
  type RepairCandidate,
  type SnapshotSource,
} from "../repository/mod.ts";
import { ChunkRepair } from "./_chunk_repair.ts";
import { Copies } from "./_copies.ts";
import { checkFile, contentKey, type GoodFile, whyOtherManifest } from "./_good_files.ts";
import { type BrokenFile, LossReport } from "./_lost_files.ts";
import type { MadeFile } from "./_rechunk_sources.ts";
import type { RepairContext } from "./_repair_context.ts";
import { RepairedView } from "./_repaired_view.ts";
import type { WantedChunk } from "./chunk_check.ts";
import type { SnapshotOutcome } from "./repair_request.ts";

/** Chunks that are looked at before those of them that are bad are looked for elsewhere. */
const PART_CHUNKS = 16384;

/** Repair of one snapshot, in two passes if what it lacks may come from elsewhere later. */
export class SnapshotRepair {
  readonly #context: RepairContext;
  readonly #chunks: ChunkRepair;
  readonly #filesRepaired: string[] = [];
  #chunksRepaired = 0;
  #wasDamaged = false;
  #brokenFiles: readonly MadeFile[] = [];
  #isToldOfKey = false;
  /** Chunks to which an index gives another length than they have, each behind the name of its file. */
  readonly #wrongLengths = new Set<string>();

  constructor(context: RepairContext, readonly candidate: RepairCandidate) {
    this.#context = context;
    this.#chunks = new ChunkRepair(context);
  }

  /** Files of which something was bad at the last look. */
  get brokenFiles(): readonly MadeFile[] {
    return this.#brokenFiles;
  }

  /**
   * Looks at the snapshot, and repairs what can be repaired.
   *
   * @param isLast Whether nothing more can be had: then it is said what is lost.
   * @returns undefined if it is still damaged, and it is not the last pass.
   */
  async run(isLast: boolean): Promise<SnapshotOutcome | undefined> {
    const { target, request, observer } = this.#context;
    const { candidate } = this;
    observer.progress.snapshot = formatSnapshotPath(candidate.snapshot);
    request.signal.throwIfAborted();
    // Who only looks may not be allowed to lock.
    using _hold = request.dryRun ? undefined : await target.hold(request.signal);
    try {
      await using source = await target.open(candidate);
      await using copies = new Copies(this.#context, candidate);
      return await this.#examine(source, copies, isLast);
    } catch (error) {
      if (!(error instanceof LockedError || error instanceof NotFoundError)) throw error;
      return this.#outcome("skipped", { note: error.message });
    }
  }

  async #examine(
    source: SnapshotSource,
    copies: Copies,
    isLast: boolean,
  ): Promise<SnapshotOutcome | undefined> {
    const { check, observer, request, states, target } = this.#context;
    const view = new RepairedView(source, (digest) => this.#fromElsewhere(digest, copies));
    const manifest = await this.#manifest(source, view, copies);
    if (manifest === undefined) return this.#outcome("unfinished", {});
    if (typeof manifest === "string") {
      if (!isLast) return undefined;
      const lost = {
        filename: MANIFEST_BLOB_NAME,
        extent: "whole" as const,
        reason: manifest,
        chunks: 0,
        ranges: [],
        entries: [],
        unnamed: "everything: without its manifest the snapshot cannot be restored",
      };
      return this.#outcome("damaged", { lost: [lost] });
    }
    const broken: BrokenFile[] = [];
    const indexes: { file: ManifestFile; index: ChunkIndex }[] = [];
    for (const file of manifest.files) {
      const good = await this.#file(file, source, view, copies);
      if (typeof good === "string") broken.push({ file, reason: good });
      else if (good.index !== undefined) indexes.push({ file, index: good.index });
    }
    await this.#log(source, copies);
    const hasKey = check.fits(manifest);
    if (!hasKey && request.crypt !== undefined) this.#tellOtherKey(manifest);
    const isRead = !request.onlyRecorded || this.#wasDamaged || broken.length > 0 ||
      (this.candidate.hasFailed ?? verifyStateOf(manifest)?.state === "failed") ||
      await this.#haveSuspects(indexes);
    if (isRead) {
      for (const { file, index } of indexes) {
        const encrypted = file.cryptMode === "encrypt";
        for (const part of partsOf(index, { encrypted, hasKey })) {
          await this.#part(file, part, source, copies, isLast);
        }
      }
    }
    const isLost = (file: ManifestFile, digest: Uint8Array) =>
      states.isBadFor({ digest, encrypted: file.cryptMode === "encrypt", hasKey }) ||
      this.#wrongLengths.has(`${file.filename} ${encodeHex(digest)}`);
    for (const { file, index } of indexes) {
      if (has(index, (digest) => isLost(file, digest))) broken.push({ file, index });
    }
    this.#brokenFiles = broken.map(({ file: { filename, cryptMode } }) => {
      return { filename, isEncrypted: cryptMode === "encrypt" };
    });
    const isWhole = broken.length === 0;
    if (!isWhole) this.#wasDamaged = true;
    if (isRead && !request.dryRun && (isWhole || isLast)) {
      await target.conclude(this.candidate, isWhole);
    }
    if (isWhole) return this.#outcome(this.#wasDamaged ? "repaired" : "whole", {});
    if (!isLast) return undefined;
    observer.log("debug", `naming what is lost of ${formatSnapshotPath(this.candidate.snapshot)}`);
    const crypt = hasKey ? request.crypt : undefined;
    const lost = await new LossReport(view, isLost, crypt, request.signal).of(broken);
    return this.#outcome("damaged", { lost });
  }

  #tellOtherKey({ files }: Manifest): void {
    if (this.#isToldOfKey || !files.some(({ cryptMode }) => cryptMode === "encrypt")) return;
    this.#isToldOfKey = true;
    const path = formatSnapshotPath(this.candidate.snapshot);
    this.#context.observer.log(
      "warn",
      `${path} was encrypted with another key than the one at hand: of its chunks only the CRC is checked`,
    );
  }

  /** @returns undefined if it has none, a text if it is damaged and there is no good one. */
  async #manifest(
    source: SnapshotSource,
    view: RepairedView,
    copies: Copies,
  ): Promise<Manifest | string | undefined> {
    let problem: string;
    let isMissing = false;
    try {
      const manifest = await decodeManifestBlob(await source.readFile(MANIFEST_BLOB_NAME));
      checkManifestOf(manifest, this.candidate.snapshot);
      return manifest;
    } catch (error) {
      if (!DamagedChunkError.isCause(error)) throw error;
      isMissing = error instanceof NotFoundError;
      problem = describeError(error).join(": ");
    }
    const { observer, request } = this.#context;
    for (const copy of await copies.all()) {
      const reason = await whyOtherManifest(copy, source, request.crypt);
      if (reason !== undefined) {
        observer.log(
          "warn",
          `the manifest of ${copy.name} is not that of this snapshot: ${reason}`,
        );
        continue;
      }
      if (this.#context.target.putFile === undefined) {
        return noCallFor(MANIFEST_BLOB_NAME, problem, copy.name);
      }
      await this.#putFile(MANIFEST_BLOB_NAME, copy.manifestBlob, view, copy.name);
      return copy.manifest;
    }
    return isMissing ? undefined : problem;
  }

  /** @returns The file, or why it cannot be had. */
  async #file(
    file: ManifestFile,
    source: SnapshotSource,
    view: RepairedView,
    copies: Copies,
  ): Promise<GoodFile | string> {
    const { filename } = file;
    // A manifest is what somebody uploaded: its names may lead anywhere.
    if (!isSafeName(filename) || archiveKind(filename) === undefined) {
      return "its name is not that of an index or a blob";
    }
    let problem: string;
    try {
      return await checkFile(file, await source.readFile(filename));
    } catch (error) {
      if (!DamagedChunkError.isCause(error)) throw error;
      problem = error instanceof NotFoundError ? "it is missing" : describeError(error).join(": ");
    }
    this.#wasDamaged = true;
    const { rebuilt, target, wantedFiles } = this.#context;
    const own = rebuilt.get(contentKey(file));
    if (own !== undefined && target.putFile !== undefined) {
      const good = await checkFile(file, own);
      await this.#putFile(filename, own, view, "the source");
      await this.#touch(good);
      return good;
    }
    for (const copy of await copies.all()) {
      try {
        const bytes = await copy.source.readFile(filename);
        const good = await checkFile(file, bytes);
        if (target.putFile === undefined) return noCallFor(filename, problem, copy.name);
        await this.#putFile(filename, bytes, view, copy.name);
        await this.#touch(good);
        return good;
      } catch (error) {
        if (!DamagedChunkError.isCause(error)) throw error;
        this.#context.observer.log(
          "warn",
          `${filename}: not taken from ${copy.name}: ${describeError(error)[0]}`,
        );
      }
    }
    wantedFiles.add(contentKey(file));
    return problem;
  }

  /** No garbage collection has marked the chunks of an index that was not there. */
  async #touch({ index }: GoodFile): Promise<void> {
    const { request, states, target } = this.#context;
    if (index === undefined || request.dryRun || target.touch === undefined) return;
    for (let i = 0; i < index.chunkCount; i++) {
      const digest = index.digestAt(i);
      if (await target.touch(digest) || states.of(digest) === "bad") continue;
      states.forget(digest);
    }
  }

  /** The log of the backup is in no manifest; nobody misses it but its reader. */
  async #log(source: SnapshotSource, copies: Copies): Promise<void> {
    if (this.#context.target.putFile === undefined) return;
    try {
      checkBlobCrc(await source.readFile(CLIENT_LOG_BLOB_NAME));
    } catch (error) {
      if (error instanceof NotFoundError || !(error instanceof CorruptDataError)) return;
      for (const copy of await copies.all()) {
        const bytes = await copy.source.readFile(CLIENT_LOG_BLOB_NAME).catch(() => undefined);
        if (bytes === undefined || !isBlob(bytes)) continue;
        return await this.#putFile(CLIENT_LOG_BLOB_NAME, bytes, undefined, copy.name);
      }
    }
  }

  async #putFile(
    name: string,
    bytes: Uint8Array,
    view: RepairedView | undefined,
    from: string,
  ): Promise<void> {
    const { observer, request, target } = this.#context;
    this.#wasDamaged = true;
    view?.replace(name, bytes);
    if (request.dryRun) observer.log("info", `${name}: a good one is in ${from}`);
    else {
      await target.putFile!(this.candidate, name, bytes);
      observer.log("info", `${name}: taken from ${from}`);
    }
    if (!this.#filesRepaired.includes(name)) this.#filesRepaired.push(name);
  }

  async #haveSuspects(indexes: readonly { readonly index: ChunkIndex }[]): Promise<boolean> {
    const { target } = this.#context;
    if (target.isSuspect === undefined) return false;
    for (const { index } of indexes) {
      for (let i = 0; i < index.chunkCount; i++) {
        if (await target.isSuspect(index.digestAt(i))) return true;
      }
    }
    return false;
  }

  /** Looks at some chunks, and puts good ones in place of bad ones. */
  async #part(
    { filename }: ManifestFile,
    chunks: Iterable<WantedChunk>,
    source: SnapshotSource,
    copies: Copies,
    isLast: boolean,
  ): Promise<void> {
    const { request, target } = this.#context;
    const damaged: Uint8Array[] = [];
    const wanted = new Map<string, WantedChunk>();
    await this.#chunks.lookAtAll(chunks, source, isLast, (chunk, verdict) => {
      this.#wasDamaged = true;
      // They were looked for, and nothing has changed since.
      if (verdict === "bad before" && isLast) return;
      const digest = chunk.digest.slice();
      if (verdict === "damaged") damaged.push(digest);
      // Where the content is that of the digest, no other chunk would be better.
      if (verdict === "wrong length") this.#wrongLengths.add(`${filename} ${encodeHex(digest)}`);
      else wanted.set(encodeHex(digest), { ...chunk, digest });
    });
    if (!request.dryRun && damaged.length > 0) {
      await target.setAside(this.candidate, damaged, false);
    }
    if (wanted.size === 0) return;
    const places = await copies.chunks();
    const { candidate } = this;
    this.#chunksRepaired += await this.#chunks.heal(candidate, wanted.values(), places, source);
  }

  /** A chunk that a repair would put in place, for one that only looks. */
  async #fromElsewhere(digest: Uint8Array, copies: Copies): Promise<Uint8Array | undefined> {
    const { check, healable } = this.#context;
    const wanted = healable.get(encodeHex(digest));
    if (wanted === undefined) return undefined;
    const places = await copies.chunks();
    const take = (read: ReadChunk) => check.take(wanted, read);
    return (await askPlaces(places, digest, take, { refused: () => {} }))?.value;
  }

  #outcome(
    state: SnapshotOutcome["state"],
    more: Partial<Pick<SnapshotOutcome, "lost" | "note">>,
  ): SnapshotOutcome {
    const { namespace, snapshot } = this.candidate;
    return {
      namespace,
      snapshot,
      state,
      chunksRepaired: this.#chunksRepaired,
      filesRepaired: this.#filesRepaired,
      lost: more.lost ?? [],
      ...(more.note === undefined ? {} : { note: more.note }),
    };
  }
}

/** The chunks of an index, so many at a time that what is wrong with them fits into memory. */
function* partsOf(
  index: ChunkIndex,
  mode: Pick<WantedChunk, "encrypted" | "hasKey">,
): Generator<Iterable<WantedChunk>> {
  for (let first = 0; first < index.chunkCount; first += PART_CHUNKS) {
    yield wantedOf(index, mode, first);
  }
}

function* wantedOf(
  index: ChunkIndex,
  mode: Pick<WantedChunk, "encrypted" | "hasKey">,
  first: number,
): Generator<WantedChunk> {
  const end = Math.min(index.chunkCount, first + PART_CHUNKS);
  for (let i = first; i < end; i++) {
    yield { digest: index.digestAt(i), size: index.endOf(i) - index.startOf(i), ...mode };
  }
}

function has(index: ChunkIndex, is: (digest: Uint8Array) => boolean): boolean {
  for (let i = 0; i < index.chunkCount; i++) if (is(index.digestAt(i))) return true;
  return false;
}

/** Says that a file would be good elsewhere, and is of no use. */
function noCallFor(name: string, problem: string, from: string): string {
  return `${problem}; "${name}" is good in ${from}, but no call of a server puts it in place: copy it ` +
    "there, or forget the snapshot and copy it as a whole";
}

function isBlob(bytes: Uint8Array): boolean {
  try {
    checkBlobCrc(bytes);
    return true;
  } catch (error) {
    if (error instanceof PbsError) return false;
    throw error;
  }
}
