import { LocalRepository } from "../../lib/datastore/mod.ts";
import { openSharedDatastore } from "../../lib/shared_bucket/mod.ts";
import { MemoryObjectStore } from "../support/memory_object_store.ts";
import { testTargetConformance } from "../support/target_conformance.ts";

testTargetConformance("shared bucket", async (body) => {
  const store = new MemoryObjectStore();
  const { datastore } = await openSharedDatastore(store, "tank", { create: true });
  await using repository = new LocalRepository(datastore);
  await body(repository);
});
