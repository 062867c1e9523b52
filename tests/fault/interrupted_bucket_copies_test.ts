// deno-lint-ignore-file no-console -- how many were interrupted is reported
import { assert, assertEquals, assertRejects } from "@std/assert";
import { dirname } from "@std/path";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { ConnectionError } from "../../lib/errors/mod.ts";
import { isFinished, type Repository } from "../../lib/repository/mod.ts";
import { DEFAULT_LEASE_SECONDS, openSharedDatastore } from "../../lib/shared_bucket/mod.ts";
import { Chance } from "../support/chance.ts";
import { assertSameSnapshots } from "../support/compare_stores.ts";
import { eventually } from "../support/eventually.ts";
import { MemoryObjectStore } from "../support/memory_object_store.ts";
import { TempDir } from "../support/temp_dir.ts";
import {
  chunkNames,
  type Engine,
  type Kind,
  PROTECTIONS,
  transfer,
  TransferWorld,
} from "../support/transfer_world.ts";

/** Chunks between source and target at the same time (lib/transfer). */
const IN_FLIGHT = 64;
const NAME = "store1";
const PAIRS = [
  ["directory", "bucket"],
  ["server", "bucket"],
  ["bucket", "bucket"],
  ["bucket", "directory"],
  ["bucket", "server"],
] as const;

type AnyKind = Kind | "bucket";

/** A bucket whose clients may die. */
class Bucket {
  readonly objects: MemoryObjectStore["objects"] = new Map();
  readonly #name = crypto.randomUUID();
  /** Seconds by which its clock is ahead. */
  #ahead = 0;

  /**
   * A client of it.
   *
   * @param requests It can make so many, and then none any more.
   */
  async open(requests = Infinity): Promise<LocalRepository> {
    const store = new MemoryObjectStore(() => Date.now() / 1000 + this.#ahead);
    store.objects = this.objects;
    // A sync into itself is refused, by the name.
    store.displayName = this.#name;
    let left = requests;
    store.onRequest = () => {
      if (left-- <= 0) throw new ConnectionError("this client is dead");
    };
    const { datastore } = await openSharedDatastore(store, NAME, { create: true });
    return new LocalRepository(datastore);
  }

  /** Lets so much time pass that nobody waits for the dead any more. */
  passTime(): void {
    this.#ahead += 3 * DEFAULT_LEASE_SECONDS;
  }

  /** Names of its chunks. */
  get chunks(): string[] {
    return [...this.objects.keys()].filter((key) => key.startsWith(`${NAME}/.chunks/`))
      .map((key) => key.slice(key.lastIndexOf("/") + 1));
  }

  /** Writes its objects as the files that they stand for. */
  async save(folder: string): Promise<void> {
    for (const [key, { content }] of this.objects) {
      if (!/^store1\/\.(?:cnt|chunks)\//.test(key)) continue;
      const path = `${folder}/${key.replace(/^store1\/(?:\.cnt\/)?/, "")}`;
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeFile(path, content);
    }
  }
}

/** The repositories of a test. */
interface Places {
  readonly world: TransferWorld;
  readonly source: Bucket;
  /** The target, a new one for each interruption. */
  target: Bucket;
}

async function open(
  { world, ...buckets }: Places,
  side: "source" | "target",
  kind: AnyKind,
  requests?: number,
): Promise<Repository> {
  return kind === "bucket" ? await buckets[side].open(requests) : await world.open(side, kind);
}

/** What was left is sound, and the next run completes it without moving it again. */
async function assertCompletes(
  places: Places,
  [source, target]: typeof PAIRS[number],
  engine: Engine,
  what: string,
): Promise<void> {
  const { world } = places;
  places.source.passTime();
  places.target.passTime();
  await using from = await open(places, "source", source);
  await using to = await open(places, "target", target);
  await eventually(async () => {
    for (const info of await to.listSnapshots("")) assert(isFinished(info), `${what}: half of one`);
  });
  assert((await to.verify({ namespace: "", ignoreVerified: false }, () => {})).ok, what);
  const names = () =>
    target === "bucket" ? places.target.chunks : chunkNames(stored(places, target));
  const there = new Set(names());
  const missing = chunkNames(world.store("source", "directory")).filter((name) => !there.has(name));
  const { signal } = new AbortController();
  const { chunksMoved } = await eventually(() => transfer(engine, from, to, signal));
  const again = target === "server" ? IN_FLIGHT : 0;
  assert(
    chunksMoved >= missing.length && chunksMoved <= missing.length + again,
    `${what}: ${chunksMoved} chunks were moved, and ${missing.length} were missing`,
  );
  assert((await to.verify({ namespace: "", ignoreVerified: false }, () => {})).ok, what);
  await using saved = await TempDir.make("/dev/shm");
  if (target === "bucket") await places.target.save(saved.path);
  await assertSameSnapshots(
    world.store("source", "directory"),
    target === "bucket" ? saved.path : stored(places, target),
  );
  const idle = await transfer(engine, from, to, signal);
  assertEquals([idle.chunksMoved, idle.bytesMoved], [0, 0], what);
}

function stored({ world }: Places, kind: Kind): string {
  return world.store("target", kind);
}

for (const protection of PROTECTIONS) {
  Deno.test(`a copy or sync of ${protection} snapshots into or out of a bucket is completed by the next`, async () => {
    await using world = await TransferWorld.make(protection);
    const places: Places = { world, source: new Bucket(), target: new Bucket() };
    const { signal } = new AbortController();
    {
      await using original = await world.open("source", "directory");
      await using bucket = await places.source.open();
      await transfer("copy", original, bucket, signal);
    }
    const chance = new Chance(protection.length);
    const total = places.source.chunks.length;
    for (const pair of PAIRS) {
      const [source, target] = pair;
      const begin = async (): Promise<[Engine, string]> => {
        places.target = new Bucket();
        if (target !== "bucket") await world.empty(target);
        const engine = chance.below(2) === 0 ? "copy" : "sync";
        return [engine, `${source} to ${target}, ${engine}`];
      };
      {
        const [engine, what] = await begin();
        const steps = 1 + chance.below(total >> 1);
        {
          await using from = await open(places, "source", source);
          await using to = await open(places, "target", target);
          const controller = new AbortController();
          let done = 0;
          await assertRejects(() =>
            transfer(engine, from, to, controller.signal, () => {
              if (++done >= steps) controller.abort();
            })
          );
        }
        await assertCompletes(places, pair, engine, `${what}, ended after ${steps} steps`);
      }
      {
        // Its bucket is out of reach from some moment on, for whatever it would clear away as well.
        const [engine, what] = await begin();
        const requests = 30 + chance.below(total >> 1);
        const limit = (kind: AnyKind, isMeant: boolean) =>
          kind === "bucket" && isMeant ? requests : undefined;
        const from = await open(places, "source", source, limit(source, target !== "bucket"));
        const to = await open(places, "target", target, limit(target, true));
        await assertRejects(() => transfer(engine, from, to, signal));
        await Promise.allSettled([from[Symbol.asyncDispose](), to[Symbol.asyncDispose]()]);
        await assertCompletes(places, pair, engine, `${what}, dead after ${requests} requests`);
      }
    }
    console.log(`${2 * PAIRS.length} runs were interrupted`);
  });
}
