import { assert, assertEquals, assertRejects } from "@std/assert";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { AuthError, ConnectionError, PbsError, ServerError } from "../../lib/errors/mod.ts";
import { openSharedDatastore } from "../../lib/shared_bucket/mod.ts";
import { MemoryObjectStore } from "../support/memory_object_store.ts";
import { makeChunk } from "../support/target_conformance.ts";
import { backUpChunks } from "./back_up_chunks.ts";

const GROUP = { type: "host" as const, id: "web" };
const TIMES = [1000, 2000, 3000];
const ALL = { namespace: "", ignoreVerified: false };

Deno.test("what a store does not answer for is not taken for damaged", async (t) => {
  const store = new MemoryObjectStore();
  const open = async () => {
    const { datastore } = await openSharedDatastore(store, "tank", { create: true });
    return new LocalRepository(datastore);
  };
  await using repository = await open();
  const chunk = await makeChunk(1, 50_000);
  for (const time of TIMES) await backUpChunks(repository, { ...GROUP, time }, [chunk]);

  /** Reads of keys with a word in them fail while some work is done. */
  const without = async (word: string, failure: PbsError, work: () => Promise<void>) => {
    store.onRequest = (request, key) => {
      if (request === "get" && key.includes(word)) throw failure;
    };
    try {
      await work();
    } finally {
      store.onRequest = () => {};
    }
  };
  const cut = new ConnectionError("the store is away");
  const busy = new ServerError(503, "SlowDown");
  const newest = "T00:50:00Z/index.json.blob";
  const states = async () =>
    (await repository.listSnapshots("")).map((
      { time, verification },
    ) => [time, verification?.state]);

  await t.step("lists", async () => {
    for (const [word, failure] of [[newest, cut], [newest, busy], ["/owner", cut]] as const) {
      await without(word, failure, async () => {
        await assertRejects(() => repository.listSnapshots("", GROUP), PbsError, failure.message);
      });
    }
    await without("/owner", cut, async () => {
      await assertRejects(() => repository.listGroups(""), ConnectionError);
    });
    // An answer, if no good one, is about this one only.
    await without(newest, new AuthError("no permission"), async () => {
      const listed = await repository.listSnapshots("");
      assertEquals(listed.map(({ size }) => size !== undefined), [true, true, false]);
    });
  });

  await t.step("prune", async () => {
    const request = { namespace: "", group: GROUP, keep: { last: 1 } };
    for (const failure of [cut, busy, new AuthError("no permission")]) {
      await without(newest, failure, async () => {
        await assertRejects(() => repository.prune(request), PbsError, failure.message);
      });
    }
    assertEquals((await states()).length, TIMES.length);
  });

  await t.step("verify", async () => {
    for (const word of ["/.chunks/", newest, "T00:33:20Z/root.pxar.didx"]) {
      await without(word, cut, async () => {
        await assertRejects(() => repository.verify(ALL, () => {}), ConnectionError);
      });
    }
    assert((await states()).every(([, state]) => state !== "failed"));
    assertEquals((await repository.verify(ALL, () => {})).ok, true);
    assertEquals(await states(), TIMES.map((time) => [time, "ok"]));
  });

  await t.step("repair", async () => {
    await using target = repository.beginRepair(() => {});
    const snapshot = { namespace: "", snapshot: { ...GROUP, time: TIMES[0]! } };
    await without("/.chunks/", busy, async () => {
      await assertRejects(async () => {
        await target.setAside(snapshot, [chunk.digest], false);
      }, ServerError);
    });
    assertEquals([...store.objects.keys()].filter((key) => key.endsWith(".bad")), []);
  });

  await t.step("backup", async () => {
    await without(newest, cut, async () => {
      const begin = { namespace: "", snapshot: { ...GROUP, time: 4000 } };
      await assertRejects(() => repository.beginBackup(begin), ConnectionError);
    });
    await backUpChunks(repository, { ...GROUP, time: 4000 }, [chunk]);
  });
});
