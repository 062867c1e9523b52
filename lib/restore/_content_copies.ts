import { CorruptDataError } from "../errors/mod.ts";
import type { ContentRange, PxarEntry } from "../pxar/mod.ts";
import type { EntryMaker, ExtractionParts } from "./_extraction_parts.ts";
import type { InPlaceTarget } from "./_in_place_target.ts";
import { joinNames } from "./_join_names.ts";

/** Pieces that contents are copied in. */
const PIECE_BYTES = 128 * 1024;

/** Contents that are copied from another place of the archive than the one at hand. */
export class ContentCopies {
  /** Paths of the files that links alone were made to, by their place in the archive. */
  readonly #linked = new Map<number, Uint8Array>();

  /**
   * @param maker Maker of the entries that are wanted.
   * @param inPlace The same, if the target is made equal to the archive.
   * @param onLoss Told why the file at hand is lost.
   */
  constructor(
    private readonly parts: ExtractionParts,
    private readonly maker: EntryMaker,
    private readonly inPlace: InPlaceTarget | undefined,
    private readonly onLoss: (cause: CorruptDataError) => void,
  ) {}

  /**
   * Makes a file of a hard link whose first name is not wanted (spec: pxar.md §6.4).
   *
   * @param folder Names of the directories that it is in.
   */
  async linkAlone(link: PxarEntry, folder: readonly Uint8Array[]): Promise<void> {
    const first = this.#linked.get(link.targetPosition);
    if (first !== undefined) {
      this.maker.hardlink(link.name, first);
      return;
    }
    let isThere = await this.#copy(async () => {
      const { entry, content } = await this.parts.linkedContent.find(link);
      const isWanted = this.maker.beginFile(link.name, entry.metadata!, content.size);
      return isWanted ? content : undefined;
    });
    if (this.inPlace?.mustWriteAgain) {
      isThere = await this.#copy(async () => {
        const { entry, content } = await this.parts.linkedContent.find(link);
        const isWanted = this.inPlace!.writeAgain(link.name, entry.metadata!, content.size);
        return isWanted ? content : undefined;
      });
    }
    if (!isThere) return;
    this.parts.observer.progress.files++;
    this.#linked.set(link.targetPosition, joinNames([...folder, link.name]));
  }

  /** Writes a file whose content turned out to differ from the one that exists. */
  async writeAgain(file: PxarEntry): Promise<void> {
    await this.#copy(async () => {
      const content = await this.parts.inPlace!.contentOf(file);
      const isWanted = this.inPlace!.writeAgain(file.name, file.metadata!, file.size);
      return isWanted ? content : undefined;
    });
  }

  /**
   * Copies content from any place.
   *
   * @param begin Begins the file; undefined if nothing is wanted.
   * @returns false if it is lost.
   */
  async #copy(begin: () => Promise<ContentRange | undefined>): Promise<boolean> {
    const maker = this.maker;
    let begun = false;
    try {
      const content = await begin();
      if (content === undefined) return true;
      begun = true;
      const { access, offset, size } = content;
      for (let done = 0; done < size;) {
        const length = Math.min(PIECE_BYTES, size - done);
        maker.inlineData(await access.read(offset + done, length));
        await this.inPlace?.compare();
        done += length;
        if (this.parts.feed.full) await this.parts.feed.submit();
        this.parts.signal.throwIfAborted();
      }
      maker.endFile();
      return true;
    } catch (error) {
      if (begun) maker.dropFile();
      else this.inPlace?.dropFile();
      if (!(error instanceof CorruptDataError)) throw error;
      this.onLoss(error);
      return false;
    }
  }
}
