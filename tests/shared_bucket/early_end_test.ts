import { assert, assertEquals, assertRejects } from "@std/assert";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { ConflictError, LockedError, PbsError } from "../../lib/errors/mod.ts";
import type { PutObject } from "../../lib/s3/mod.ts";
import { isGone, ownIdentity } from "../../lib/shared_bucket/_process_identity.ts";
import { openSharedDatastore } from "../../lib/shared_bucket/mod.ts";
import { MemoryObjectStore } from "../support/memory_object_store.ts";
import { makeChunk } from "../support/target_conformance.ts";
import { backUpChunks } from "./back_up_chunks.ts";

const OTHER = "0123456789abcdef0123456789abcdef";
const PREFIX = "tank/.shared/";
const old = { type: "host" as const, id: "h", time: 1000 };
const next = { ...old, time: 2000 };
const identity = ownIdentity()!;
/** Nobody has had its number since the machine was started. */
const gone = { ...identity, start: "1" };

async function open(store: MemoryObjectStore): Promise<LocalRepository> {
  const { datastore } = await openSharedDatastore(store, "tank", { create: true, pollMs: 1 });
  return new LocalRepository(datastore);
}

/** A store with a snapshot, whose group a session has claimed. */
async function withClaim(process: unknown): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  {
    await using repository = await open(store);
    await backUpChunks(repository, old, [await makeChunk(1, 100)]);
  }
  const session = { host: "web1", pid: 4711, when: 1_800_000_000, process };
  await store.put(`${PREFIX}sessions/${OTHER}`, bytesOf(session));
  await store.put(`${PREFIX}locks/host/h/@/${OTHER}`, bytesOf({ host: "web1", pid: 4711 }));
  return store;
}

function bytesOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function textOf(store: MemoryObjectStore, key: string): string | undefined {
  const found = store.objects.get(PREFIX + key);
  return found && new TextDecoder().decode(found.content);
}

async function backUpNext(store: MemoryObjectStore): Promise<void> {
  await using repository = await open(store);
  await backUpChunks(repository, next, [await makeChunk(1, 100)]);
}

Deno.test("a process is gone when its number is nobody's or another one's, on this machine only", () => {
  assert(!isGone(identity));
  assert(isGone(gone));
  assert(isGone({ ...identity, pid: 2 ** 22 + 1 }));
  assert(!isGone({ ...gone, boot: "another" }));
  assert(!isGone({ ...gone, space: "pid:[1]" }));
});

Deno.test("the lock of a process that is gone is taken over at once, and its session fenced", async () => {
  const store = await withClaim(gone);
  await backUpNext(store);
  assertEquals(textOf(store, `decisions/${OTHER}/0000000001`), '{"decision":"fenced"}');
  assertEquals(textOf(store, `sessions/${OTHER}`), undefined);
});

Deno.test("a lock stays with who lives, is elsewhere, or may have changed something", async () => {
  for (const process of [identity, { ...gone, boot: "another" }, undefined, "damaged"]) {
    const store = await withClaim(process);
    const error = await assertRejects(() => backUpNext(store), LockedError);
    const expected =
      /^"host\/h" is locked: it is being used by another task \(process 4711 on web1, since 2027-01-15T08:00:00Z; if it is dead, this ends at \d{4}-\S+Z, then run this again; on its own machine/;
    const { message } = error.cause as Error;
    assert(expected.test(message), message);
    assert(textOf(store, `sessions/${OTHER}`) !== undefined);
  }
  const store = await withClaim(gone);
  await store.put(`${PREFIX}decisions/${OTHER}/0000000001`, bytesOf({ decision: "commit" }));
  const { cause } = await assertRejects(() => backUpNext(store), LockedError);
  assert((cause as Error).message.includes("process 4711 on web1"));
  assertEquals(textOf(store, `decisions/${OTHER}/0000000002`), undefined);
});

Deno.test("who was ended early although it lived changes nothing", async () => {
  const store = await withClaim(undefined);
  store.objects.delete(`${PREFIX}sessions/${OTHER}`);
  // As soon as a session is there somebody ends it.
  let session = "";
  const { put } = MemoryObjectStore.prototype;
  store.put = async (key: string, content: Uint8Array, options: PutObject = {}) => {
    const result = await put.call(store, key, content, options);
    if (key.startsWith(`${PREFIX}sessions/`) && !options.ifAbsent) {
      session = key.slice(PREFIX.length + "sessions/".length);
      const fenced = bytesOf({ decision: "fenced" });
      await put.call(store, `${PREFIX}decisions/${session}/0000000001`, fenced);
    }
    return result;
  };
  const before = [...store.objects.keys()].filter((key) => key.startsWith("tank/.cnt/"));
  await using repository = await open(store);
  await assertRejects(() => repository.forgetSnapshot("", old), ConflictError, "ended by another");
  const chunks = [await makeChunk(1, 100)];
  const error = await assertRejects(() => backUpChunks(repository, next, chunks));
  // Nor does it remove what it has written.
  const { error: cleaning, suppressed } = error as SuppressedError;
  for (const each of [cleaning, suppressed]) assert(each.message.includes("ended by another"));
  const after = [...store.objects.keys()].filter((key) => key.endsWith(".blob"));
  assertEquals(after, before.filter((key) => key.endsWith(".blob")));
  assert(before.every((key) => store.objects.has(key)));
});

Deno.test("a store that overwrites what is to be written only if absent is refused", async () => {
  const store = new MemoryObjectStore();
  const isIgnored = { value: true };
  const { put } = MemoryObjectStore.prototype;
  store.put = async (key: string, content: Uint8Array, options: PutObject = {}) => {
    return await put.call(store, key, content, isIgnored.value ? {} : options);
  };
  const refusal = "memory cannot be shared without a server: it overwrites objects";
  await assertRejects(() => open(store), PbsError, refusal);
  assertEquals([...store.objects.keys()], []);
  // One that was changed since the datastore was made.
  isIgnored.value = false;
  const repository = await open(store);
  isIgnored.value = true;
  await assertRejects(
    async () => {
      await backUpChunks(repository, next, [await makeChunk(1, 100)]);
    },
    PbsError,
    refusal,
  );
  await assertRejects(() => repository.garbageCollect(() => {}), PbsError, refusal);
  await repository[Symbol.asyncDispose]();
  const keys = [...store.objects.keys()].filter((key) => /\.cnt|\.chunks/.test(key));
  assertEquals(keys, []);
});
