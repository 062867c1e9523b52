import { assert, assertEquals } from "@std/assert";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { LocalRepository, readIndex } from "../../lib/datastore/mod.ts";
import type { BackupSnapshot, NewChunk } from "../../lib/repository/mod.ts";
import { openSharedDatastore } from "../../lib/shared_bucket/mod.ts";
import { makeChunk } from "../support/target_conformance.ts";
import { SharedMemory } from "./actor_store.ts";
import { ARCHIVE, backUpChunks } from "./back_up_chunks.ts";
import { exploreRuns, type Scenario } from "./explore_runs.ts";
import type { Actor } from "./explored_run.ts";
import type { Objects } from "./explored_store.ts";

const a = await makeChunk(1, 100);
const chunkPrefixes = new Set([encodeHex(a.digest)[0]!]);
const lines = () => {};

/** A store in which something was done. */
async function prepare(action: (repository: LocalRepository) => Promise<void>): Promise<Objects> {
  const memory = new SharedMemory();
  const { datastore } = await openSharedDatastore(memory.store(), "tank", { create: true });
  {
    await using repository = new LocalRepository(datastore);
    await action(repository);
  }
  return memory.objects;
}

function writes(id: string, chunks: readonly NewChunk[]): Actor {
  return {
    name: id,
    role: { isCollector: false, group: `host/${id}` },
    run: async (open) => {
      await using repository = await open();
      await backUpChunks(repository, { type: "host", id, time: 2000 }, chunks);
    },
  };
}

function forgets(snapshot: BackupSnapshot): Actor {
  return {
    name: "prune",
    role: { isCollector: false, group: `host/${snapshot.id}` },
    run: async (open) => {
      await using repository = await open();
      await repository.forgetSnapshot("", snapshot);
    },
  };
}

const collects: Actor = {
  name: "collector",
  role: { isCollector: true, group: "" },
  run: async (open) => {
    await using repository = await open();
    await repository.garbageCollect(lines, undefined, 0);
  },
};

/** Chunks of indexes by their checksum: the same are looked at in every state. */
const indexes = new Map<string, string[]>();

/** The first snapshot with a manifest that lacks its index or a chunk. */
function findFault(objects: Objects): string | undefined {
  for (const key of objects.keys()) {
    if (!key.endsWith("/index.json.blob")) continue;
    const index = objects.get(key.replace(/[^/]+$/, ARCHIVE));
    if (index === undefined) return `${key} has no index`;
    const chunks = indexes.get(index.etag) ?? chunksOf(index.content);
    indexes.set(index.etag, chunks);
    const missing = chunks.find((chunk) => !objects.has(chunk));
    if (missing !== undefined) return `${key} lacks ${missing}`;
  }
  return undefined;
}

function chunksOf(content: Uint8Array): string[] {
  const index = readIndex(content as Uint8Array<ArrayBuffer>, ARCHIVE);
  return Array.from({ length: index.chunkCount }, (_, i) => {
    const digest = encodeHex(index.digestAt(i));
    return `tank/.chunks/${digest.slice(0, 4)}/${digest}`;
  });
}

/** A chunk of a snapshot that was removed, and whether it is listed as unused. */
function withGarbage(isPublished: boolean): Promise<Objects> {
  return prepare(async (repository) => {
    await backUpChunks(repository, old, [a]);
    await repository.forgetSnapshot("", old);
    if (isPublished) await repository.garbageCollect(lines);
  });
}

/** A snapshot with one chunk. */
function withSnapshot(): Promise<Objects> {
  return prepare((repository) => backUpChunks(repository, old, [a]));
}

/** Whether sizes that take minutes are gone through as well. */
const isFull = Deno.env.get("PBS_CLIENT_FAULTS") === "full";
const old = { type: "host" as const, id: "old", time: 1000 };
const everywhere = { jumps: 0, cuts: 0, chunkPrefixes, findFault };

/** Goes through all orders, none of which may lose anything. */
async function explore(scenario: Scenario): Promise<void> {
  const { fault, ends, states } = await exploreRuns(scenario);
  assertEquals(fault, undefined);
  // Otherwise nothing was tried.
  assert(ends.some((end) => has(end, "/w1/1970-01-01T00:33:20Z/index.json.blob")));
  assert(states > 100);
}

function has(objects: Objects, part: string): boolean {
  return [...objects.keys()].some((key) => key.includes(part));
}

Deno.test("no order of requests of a writer and a collector loses a chunk", async () => {
  const actors = [writes("w1", [a]), collects];
  await explore({ ...everywhere, objects: await withGarbage(false), actors });
});

Deno.test("no order of requests of a writer beside a published list loses a chunk", async () => {
  const actors = [writes("w1", [a]), collects];
  const switches = isFull ? {} : { switches: 2 };
  await explore({ ...everywhere, ...switches, objects: await withGarbage(true), actors });
});

Deno.test("with leases that run out and a crash after a decision no chunk is lost", async () => {
  const actors = [writes("w1", [a]), collects];
  const limits = { jumps: 1, cuts: 1, ...isFull ? {} : { switches: 1 } };
  await explore({ ...everywhere, ...limits, objects: await withGarbage(false), actors });
});

Deno.test("a snapshot that is removed beside a writer and a collector takes no chunk along", async () => {
  const actors = [writes("w1", [a]), forgets(old), collects];
  const switches = { switches: isFull ? 3 : 1 };
  await explore({ ...everywhere, ...switches, objects: await withSnapshot(), actors });
});

Deno.test("no order of requests of two writers and a collector loses a chunk", async () => {
  const actors = [writes("w1", [a]), writes("w2", [a]), collects];
  const switches = { switches: isFull ? 3 : 1 };
  await explore({ ...everywhere, ...switches, objects: await withGarbage(false), actors });
});

Deno.test("the exploration finds the loss when writers have no sessions, or rescue nothing", async () => {
  for (const [leftOut, isPublished] of [[/\/sessions\/./, false], [/\/rescued\//, true]] as const) {
    const { fault } = await exploreRuns({
      ...{ ...everywhere, leftOut, objects: await withGarbage(isPublished) },
      actors: [writes("w1", [a]), collects],
    });
    assert(fault?.includes("w1/1970-01-01T00:33:20Z/index.json.blob lacks"), String(leftOut));
  }
});
