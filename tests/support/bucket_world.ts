import { BucketDatastore, type BucketPlace } from "../../lib/bucket/mod.ts";
import type { CreateBucketDatastore } from "../../lib/bucket/mod.ts";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import type { ObjectStore } from "../../lib/s3/mod.ts";
import { MemoryObjectStore } from "./memory_object_store.ts";
import { TempDir } from "./temp_dir.ts";

/** Where short-lived caches of tests are kept. */
const PARENT = "/dev/shm";

/** How the datastores of a test are created. */
export const QUICK: CreateBucketDatastore = {
  hostname: "host-of-test",
  chunkFoldersOnDemand: true,
  syncLevel: "none",
  gcAccessTimeCheck: false,
};

/** A bucket in memory, and caches of datastores in it. */
export class BucketWorld implements AsyncDisposable {
  readonly objects = new MemoryObjectStore();
  readonly #folder: TempDir;

  private constructor(folder: TempDir) {
    this.#folder = folder;
  }

  static async make(): Promise<BucketWorld> {
    return new BucketWorld(await TempDir.make(PARENT));
  }

  /** A datastore's place. @param cache Name of the folder of its cache. */
  place(name = "store", cache = name, objects: ObjectStore = this.objects): BucketPlace {
    return { objects, name, cachePath: `${this.#folder.path}/${cache}` };
  }

  /** Keys in the bucket, sorted. */
  keys(): string[] {
    return [...this.objects.objects.keys()].sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** Runs `body` on a new datastore in a bucket in memory. */
export async function withBucketRepository(
  body: (repository: LocalRepository, world: BucketWorld) => Promise<void>,
  options: Partial<CreateBucketDatastore> = {},
): Promise<void> {
  await using world = await BucketWorld.make();
  const opened = await BucketDatastore.create(world.place(), { ...QUICK, ...options });
  await using repository = new LocalRepository(opened.datastore);
  await body(repository, world);
}
