import type { CryptConfig } from "../crypto/mod.ts";
import { CorruptDataError, describeError, NotFoundError } from "../errors/mod.ts";
import type { ChunkIndex } from "../index/mod.ts";
import { lookUpArchive, type ManifestArchive, type ManifestFile } from "../manifest/mod.ts";
import { CheckedSnapshot } from "../reading/mod.ts";
import { listLosses, type LostEntry, type LostRange } from "../restore/mod.ts";
import { splitArchiveNames } from "../repository/mod.ts";
import type { RepairedView } from "./_repaired_view.ts";
import type { LostFile } from "./repair_request.ts";

/** A file of a snapshot that cannot be made whole. */
export interface BrokenFile {
  readonly file: ManifestFile;
  /** Why the file itself cannot be had; absent if only chunks are lost. */
  readonly reason?: string;
  /** Its index, if that is sound. */
  readonly index?: ChunkIndex;
}

/** Entries that are kept of one archive; those after it are counted. */
const MAX_ENTRIES = 100_000;

/** Names what is lost of a snapshot, as far as that can be told. */
export class LossReport {
  /**
   * @param view The snapshot as it is now.
   * @param isLost Whether a file lacks a chunk that it names.
   * @param crypt The key of the snapshot, if it is at hand.
   */
  constructor(
    private readonly view: RepairedView,
    private readonly isLost: (file: ManifestFile, digest: Uint8Array) => boolean,
    private readonly crypt: CryptConfig | undefined,
    private readonly signal: AbortSignal,
  ) {}

  /** The losses of broken files. The entries of a split archive are named with its contents. */
  async of(broken: readonly BrokenFile[]): Promise<LostFile[]> {
    const lost: LostFile[] = [];
    const named = new Set<string>();
    for (const { file, reason, index } of broken) {
      const { filename } = file;
      const ranges = index === undefined ? [] : this.#ranges(file, index);
      const names = isTree(filename) && !named.has(archiveOf(filename))
        ? await this.#entries(filename, broken)
        : { entries: [] };
      named.add(archiveOf(filename));
      lost.push({
        filename,
        extent: reason === undefined ? "part" : "whole",
        reason: reason ?? "chunks are missing or damaged",
        chunks: index === undefined ? 0 : this.#count(file, index),
        ranges,
        ...names,
      });
    }
    return lost;
  }

  async #entries(
    filename: string,
    broken: readonly BrokenFile[],
  ): Promise<{ entries: LostEntry[]; unnamed?: string }> {
    const entries: LostEntry[] = [];
    const isEncrypted = broken.some(({ file }) =>
      file.filename === filename && file.cryptMode === "encrypt"
    );
    if (isEncrypted && this.crypt === undefined) {
      return {
        entries,
        unnamed: "the names are encrypted, and their key is not at hand (--keyfile)",
      };
    }
    let more = 0;
    const tell = (entry: LostEntry) => {
      if (entries.length < MAX_ENTRIES) entries.push(entry);
      else more++;
    };
    let unnamed: string | undefined;
    try {
      const snapshot = await this.#open();
      const archive = lookUpArchive(snapshot.manifest, filename);
      const whole = broken.find(({ file, reason }) =>
        reason !== undefined && filesOf(archive).includes(file.filename)
      );
      if (whole !== undefined) {
        unnamed = `all contents: "${whole.file.filename}" is lost`;
      } else {
        const contents = archive.form === "split" ? archive.payload : archive.file;
        const found = broken.find(({ file }) => file.filename === contents.filename);
        const ranges = found?.index === undefined ? [] : this.#ranges(found.file, found.index);
        unnamed = await listLosses(snapshot, archive, ranges, tell, this.signal);
      }
    } catch (error) {
      const isExpected = error instanceof CorruptDataError || error instanceof NotFoundError;
      if (!isExpected || this.signal.aborted) throw error;
      unnamed = describeError(error)[0];
    }
    if (more > 0) unnamed = `${more} entries more`;
    return { entries, ...(unnamed === undefined ? {} : { unnamed }) };
  }

  async #open(): Promise<CheckedSnapshot> {
    if (this.crypt === undefined) return await CheckedSnapshot.openWithoutKey(this.view);
    return await CheckedSnapshot.open(this.view, this.crypt, "index.json.blob", { log: () => {} });
  }

  #ranges(file: ManifestFile, index: ChunkIndex): LostRange[] {
    const ranges: { start: number; end: number }[] = [];
    for (let i = 0; i < index.chunkCount; i++) {
      if (!this.isLost(file, index.digestAt(i))) continue;
      const [start, end] = [index.startOf(i), index.endOf(i)];
      const last = ranges.at(-1);
      if (last?.end === start) last.end = end;
      else ranges.push({ start, end });
    }
    return ranges;
  }

  #count(file: ManifestFile, index: ChunkIndex): number {
    const seen = new Set<string>();
    for (let i = 0; i < index.chunkCount; i++) {
      const digest = index.digestAt(i);
      if (this.isLost(file, digest)) seen.add(digest.join());
    }
    return seen.size;
  }
}

function isTree(filename: string): boolean {
  return /\.[mp]?pxar\.didx$/.test(filename);
}

/** A name that the two halves of a split archive have in common. */
function archiveOf(filename: string): string {
  return splitArchiveNames(filename)?.metadata ?? filename;
}

function filesOf(archive: ManifestArchive): string[] {
  return archive.form === "single"
    ? [archive.file.filename]
    : [archive.metadata.filename, archive.payload.filename];
}
