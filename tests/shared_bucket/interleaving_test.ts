import { setImmediate as immediate, setTimeout as delay } from "node:timers/promises";
import { assertEquals } from "@std/assert";
import { PbsError } from "../../lib/errors/mod.ts";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import type { NewChunk } from "../../lib/repository/mod.ts";
import { openSharedDatastore } from "../../lib/shared_bucket/mod.ts";
import { Chance } from "../support/chance.ts";
import { makeChunk } from "../support/target_conformance.ts";
import { SharedMemory } from "./actor_store.ts";
import { backUpChunks } from "./back_up_chunks.ts";
import { findLosses } from "./find_losses.ts";

const RUNS = 200;
const LEASE_SECONDS = 1800;

/** An actor's connection was cut for good: nothing of it reaches the store any more. */
class Cut extends PbsError {}

/** One of those who work at the same time. */
interface Actor {
  readonly name: string;
  readonly run: (open: () => Promise<LocalRepository>) => Promise<void>;
}

/** Lets requests of several actors through one by one, in an order that chance decides. */
class Scheduler {
  readonly #memory: SharedMemory;
  readonly #chance: Chance;
  readonly #waiting: { go: () => void; cut: () => void; request: string; actor: string }[] = [];
  readonly trace: string[] = [];
  /** Actors that must arrive within their lease: what they have begun is not interrupted by time. */
  readonly #hurried = new Set<string>();
  #active = 0;

  constructor(memory: SharedMemory, chance: Chance) {
    this.#memory = memory;
    this.#chance = chance;
  }

  async run(actors: readonly Actor[]): Promise<void> {
    const runs = actors.map((actor) => this.#start(actor));
    while (this.#active > 0) {
      await immediate();
      if (this.#waiting.length === 0) {
        await delay(1);
        continue;
      }
      this.#passTime();
      const at = this.#chance.below(this.#waiting.length);
      const [next] = this.#waiting.splice(at, 1);
      this.trace.push(`${next!.actor}: ${next!.request}`);
      if (this.#chance.below(100) === 0) {
        this.trace.push(`${next!.actor} is cut`);
        this.#hurried.delete(next!.actor);
        next!.cut();
      } else next!.go();
    }
    await Promise.all(runs);
  }

  /** Leases run out, except where what was sent has to arrive within them. */
  #passTime(): void {
    this.#memory.time += 1;
    if (this.#hurried.size === 0 && this.#chance.below(50) === 0) {
      this.#memory.time += LEASE_SECONDS * 2;
      this.trace.push("leases run out");
    }
  }

  async #start({ name, run }: Actor): Promise<void> {
    this.#active++;
    let isCut = false;
    const store = this.#memory.store();
    store.onRequest = async (request, key) => {
      if (isCut) throw new Cut(`${name} is cut`);
      // The manifest follows its decision, deletions follow `deleting`.
      if (/decisions\//.test(key) && request === "put") this.#hurried.add(name);
      if (/\/deleting$/.test(key) && request === "put") this.#hurried.add(name);
      if (/\/done$/.test(key) || /\/sessions\/./.test(key) && request === "remove") {
        this.#hurried.delete(name);
      }
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push({
          actor: name,
          request: `${request} ${key}`,
          go: resolve,
          cut: () => {
            isCut = true;
            reject(new Cut(`${name} is cut`));
          },
        });
      });
    };
    try {
      await run(async () => {
        const { datastore } = await openSharedDatastore(store, "tank", { pollMs: 1 });
        return new LocalRepository(datastore);
      });
    } catch (error) {
      // Locked, fenced, cut: whatever it is, nothing may be lost.
      const reason = error instanceof SuppressedError ? error.error : error;
      if (!(reason instanceof PbsError)) throw error;
      this.trace.push(`${name} ends: ${reason.message}`);
    } finally {
      this.#hurried.delete(name);
      this.#active--;
    }
  }
}

const lines = () => {};

Deno.test("no order of requests of two writers, prune and collections loses a chunk", async () => {
  const [a, b, c] = await Promise.all([makeChunk(1, 100), makeChunk(2, 100), makeChunk(3, 100)]);
  let [commits, deletions] = [0, 0];
  for (let seed = 1; seed <= RUNS; seed++) {
    const memory = new SharedMemory();
    {
      const { datastore } = await openSharedDatastore(memory.store(), "tank", { create: true });
      await using repository = new LocalRepository(datastore);
      // A previous snapshot, chunks that nobody names any more, and perhaps a list of them.
      await backUpChunks(repository, { type: "host", id: "w1", time: 1000 }, [a!, b!]);
      await backUpChunks(repository, { type: "host", id: "w2", time: 1000 }, [c!]);
      await repository.forgetSnapshot("", { type: "host", id: "w2", time: 1000 });
      if (seed % 2 === 0) await repository.garbageCollect(lines);
      if (seed % 4 === 0) {
        await backUpChunks(repository, { type: "host", id: "w2", time: 1500 }, [b!]);
      }
    }
    memory.time += 100;
    const before = [...memory.objects.keys()].filter((key) => key.includes("/.chunks/"));
    const scheduler = new Scheduler(memory, new Chance(seed * 7919));
    const writes = (id: string, chunks: NewChunk[]): Actor => ({
      name: id,
      run: async (open) => {
        await using repository = await open();
        await backUpChunks(repository, { type: "host", id, time: 2000 }, chunks);
      },
    });
    const collects = (name: string): Actor => ({
      name,
      run: async (open) => {
        await using repository = await open();
        await repository.garbageCollect(lines, undefined, 0);
      },
    });
    await scheduler.run([
      writes("w1", [a!, b!, c!]),
      writes("w2", [c!, b!]),
      {
        name: "prune",
        run: async (open) => {
          await using repository = await open();
          await repository.forgetSnapshot("", { type: "host", id: "w1", time: 1000 });
        },
      },
      collects("gc1"),
      ...seed % 3 === 0 ? [collects("gc2")] : [],
    ]);
    assertEquals(
      await findLosses(memory.store()),
      [],
      `seed ${seed}\n${scheduler.trace.join("\n")}`,
    );
    for (const id of ["w1", "w2"]) {
      const keys = [...memory.objects.keys()];
      if (keys.some((key) => key.includes(`/${id}/1970-01-01T00:33:20Z/index.json`))) commits++;
    }
    deletions += before.filter((key) => !memory.objects.has(key)).length;
  }
  // Otherwise nothing was tried.
  assertEquals(commits > RUNS / 2 && deletions > 5, true, `${commits} ${deletions}`);
});
