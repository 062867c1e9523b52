import { PrivateMounts } from "./private_mounts.ts";
import { PICTURE_PREFIX, type PictureItem } from "./picture_record.ts";
import type { PictureRecord } from "./record_folder.ts";
import type { StorageTools } from "./storage_tools.ts";

/** A picture that was taken. */
export interface Picture {
  readonly item: PictureItem;
  /** Path within the file system of what it is a picture of: `/` unless that is a part of it. */
  readonly innerRoot: string;
  /**
   * Mounts it in the private mounts, unless it is.
   *
   * @param fileSystem Kind of the source's.
   * @returns Its path there.
   */
  readonly open: (fileSystem: string) => Promise<string>;
  /** Device with the bytes of the source; only of LVM. */
  readonly blockDevice?: string;
}

/** A way to open a picture that does it once. */
export function once(open: Picture["open"]): Picture["open"] {
  let opened: Promise<string> | undefined;
  return (fileSystem) => opened ??= open(fileSystem);
}

/** The place where a run takes and removes pictures: tools, record, private mounts. */
export class Workshop implements AsyncDisposable {
  #mounts: Promise<PrivateMounts> | undefined;
  #folders = 0;
  #count = 0;

  /** @param record Locked record of the run, or of one that is over. */
  constructor(readonly tools: StorageTools, readonly record: PictureRecord) {}

  /** The private mounts, made when they are first needed. */
  mounts(): Promise<PrivateMounts> {
    return this.#mounts ??= PrivateMounts.open(this.tools, this.record.mountFolder);
  }

  /** A folder of the private mounts that nothing is mounted on. @returns Its path there. */
  async newFolder(): Promise<string> {
    return (await this.mounts()).makeFolder(`${++this.#folders}`);
  }

  /**
   * Makes what a picture is kept in, with a record that is on disk before and after.
   *
   * @param describe Told the name, which no other run gives.
   * @param make Resolves with what tells it from others of that name.
   */
  async make<Item extends PictureItem>(
    describe: (name: string) => Item,
    make: (item: Item) => Promise<string>,
  ): Promise<Item> {
    const number = ++this.#count;
    const item = describe(`${PICTURE_PREFIX}${this.record.id}-${number}`);
    await this.record.write({ number, take: item });
    await this.record.write({ number, taken: await make(item) });
    return item;
  }

  /** Says in the record that a picture is gone. */
  async forget(number: number): Promise<void> {
    await this.record.write({ number, removed: true });
  }

  /** @throws if the private mounts have gone. */
  async check(): Promise<void> {
    (await this.#mounts)?.check();
  }

  /** Lets the private mounts go; they are made again when they are needed again. */
  async [Symbol.asyncDispose](): Promise<void> {
    const mounts = await this.#mounts?.catch(() => undefined);
    this.#mounts = undefined;
    await mounts?.close();
  }
}
