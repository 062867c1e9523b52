import { assert, assertEquals, assertRejects } from "@std/assert";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { PbsError } from "../../lib/errors/mod.ts";
import { openSharedDatastore } from "../../lib/shared_bucket/mod.ts";
import { LaggingObjectStore } from "../support/lagging_object_store.ts";
import { makeChunk } from "../support/target_conformance.ts";
import { backUpChunks } from "./back_up_chunks.ts";
import { findLosses } from "./find_losses.ts";

const lines = () => {};

async function open(store: LaggingObjectStore, create = false): Promise<LocalRepository> {
  const { datastore } = await openSharedDatastore(store, "tank", { create, pollMs: 1 });
  return new LocalRepository(datastore);
}

/** Keys of everything that is not there for the sake of several writers. */
function stored({ objects }: LaggingObjectStore): string[] {
  return [...objects.keys()].filter((key) => !key.startsWith("tank/.shared/")).sort();
}

for (const lag of [1, 2, 5, 50]) {
  Deno.test(`a store whose listings lag ${lag} changes behind is refused, and loses nothing`, async () => {
    const [a, b, c] = await Promise.all([1, 2, 3].map((byte) => makeChunk(byte, 100)));
    const store = new LaggingObjectStore();
    {
      await using repository = await open(store, true);
      await backUpChunks(repository, { type: "host", id: "w1", time: 1000 }, [a!, b!]);
      await backUpChunks(repository, { type: "host", id: "w2", time: 1000 }, [c!]);
      await repository.forgetSnapshot("", { type: "host", id: "w2", time: 1000 });
    }
    const before = stored(store);
    const changes: ((repository: LocalRepository) => Promise<unknown>)[] = [
      (repository) => backUpChunks(repository, { type: "host", id: "w1", time: 2000 }, [b!, c!]),
      (repository) => repository.forgetSnapshot("", { type: "host", id: "w1", time: 1000 }),
      (repository) => repository.garbageCollect(lines, undefined, 0),
    ];
    for (const change of changes) {
      store.lag = 0;
      await using repository = await open(store);
      store.lag = lag;
      const error = await assertRejects(() => change(repository), PbsError, undefined, `${change}`);
      assert(
        /its listings lag behind, "tank\/\.shared\/.*another object store/.test(error.message),
      );
    }
    store.lag = 0;
    assertEquals(stored(store), before);
    assertEquals(await findLosses(store), []);
  });
}
