// Each system call that the server makes for a client fails once, in a server that goes on running.
// docs/internals/testing.md says how to run the whole matrix.
import { assert, assertEquals } from "@std/assert";
import type { RemoteRepository } from "../../../lib/remote/mod.ts";
import { eventually } from "../../support/eventually.ts";
import { classesOf, matrixOf } from "../../support/fail_calls/call_classes.ts";
import type { FailCalls } from "../../support/fail_calls/fail_calls.ts";
import { WatchedServer } from "../../support/fail_calls/watched_server.ts";
import { kernelLocks } from "../../support/kernel_locks.ts";
import { TempDir } from "../../support/temp_dir.ts";
import { FAULT_TIME, type FaultWorld, GROUP, withFaultWorld } from "./fault_world.ts";
import { faultExtent, runFaults, SeenClasses, withFailCalls } from "./run_faults.ts";
import { withServedRepository } from "./served_repository.ts";

/** What a client asks for. */
interface Request {
  readonly name: string;
  /** Requests of one family have most calls in common: the sample has each class once. */
  readonly family?: string;
  run(repository: RemoteRepository, world: FaultWorld, time: number): Promise<void>;
  /** Fails if the request was said to have succeeded and has not. @param before Times there were. */
  succeeded(world: FaultWorld, time: number, before: readonly number[]): Promise<void>;
  /** Whether a class is left out of the sample. */
  omit?(glob: string): boolean;
}

const REQUESTS: readonly Request[] = [
  {
    name: "backup",
    run: (repository, world, time) => world.backUp(repository, time),
    succeeded: async (world, time, before) => assertEquals(await world.times(), [...before, time]),
  },
  {
    name: "restore",
    run: (repository, world) => world.checkSnapshot(repository, newest(world)),
    succeeded: async () => {},
  },
  {
    name: "prune",
    family: "maintenance",
    run: async (repository) =>
      void await repository.prune({ namespace: "", group: GROUP, keep: { last: 1 } }),
    // Failures to remove single snapshots are only logged (spec: protocol.md §7.5).
    succeeded: async (world, _time, before) =>
      assert((await world.times()).includes(before.at(-1)!)),
  },
  {
    name: "removal of a snapshot",
    family: "maintenance",
    run: (repository, world) => repository.forgetSnapshot("", { ...GROUP, time: newest(world) }),
    succeeded: async (world, _time, before) =>
      assertEquals(await world.times(), before.slice(0, -1)),
  },
  {
    name: "verification",
    family: "maintenance",
    run: (repository, world) => world.verify(repository),
    succeeded: async () => {},
    // As in a run of the client.
    omit: (glob) => glob.startsWith("/store"),
  },
  {
    name: "garbage collection",
    family: "maintenance",
    run: (repository) => repository.garbageCollect(() => {}),
    succeeded: async () => {},
    // Each takes more than a second, and what it does with chunks is seen in runs of the client.
    omit: (glob) => glob.startsWith("/store"),
  },
];

/** Time of the newest snapshot that is known to be finished. */
function newest(world: FaultWorld): number {
  return Math.max(...world.snapshots.keys());
}

/** A served datastore and the times of its next snapshots. */
class Scene {
  #time = FAULT_TIME;

  constructor(readonly world: FaultWorld, readonly watched: WatchedServer) {}

  nextTime(): number {
    return this.#time += 100;
  }

  /** Leaves the two newest snapshots, and what is known of them. @returns Their times. */
  async settle(): Promise<number[]> {
    await using repository = this.world.open();
    while ((await this.world.times()).length < 2) {
      await this.world.backUp(repository, this.nextTime());
    }
    await repository.prune({ namespace: "", group: GROUP, keep: { last: 2 } });
    const times = await this.world.times();
    for (const time of this.world.snapshots.keys()) {
      if (!times.includes(time)) this.world.snapshots.delete(time);
    }
    return times;
  }

  /** Fails unless the server works as if there had been no fault. */
  async check(): Promise<void> {
    const { world, watched } = this;
    await eventually(() => assertEquals(kernelLocks(world.store), []));
    const local = world.open();
    try {
      for (const time of await world.times()) await world.checkSnapshot(local, time);
      await withServedRepository(watched.server, async (repository) => {
        const time = this.nextTime();
        await world.backUp(repository, time);
        await world.checkSnapshot(repository, time);
      });
      await world.verify(local);
    } finally {
      await local[Symbol.asyncDispose]();
    }
  }
}

async function withScene(body: (scene: Scene) => Promise<void>): Promise<void> {
  await withFailCalls((fail: FailCalls) =>
    withFaultWorld(async (template) => {
      await using dir = await TempDir.make("/dev/shm");
      const world = await template.copy(dir.path);
      await world.giveTo("admin@pbs");
      await using watched = await WatchedServer.start(fail, dir);
      await body(new Scene(world, watched));
      assertEquals((await watched.server.end()).code, 0);
    })
  );
}

const seen = new SeenClasses();

for (const request of REQUESTS) {
  Deno.test(`no system call of a server that fails in a ${request.name} does harm`, () =>
    withScene(async (scene) => {
      const { world, watched } = scene;
      const attempt = async (time: number) =>
        await withServedRepository(watched.server, (each) => request.run(each, world, time));
      // What is made only once, e.g. folders for logs, is made now.
      await scene.settle();
      await attempt(scene.nextTime());
      const before = await scene.settle();
      const dryTime = scene.nextTime();
      const calls = await watched.callsDuring(() => attempt(dryTime));
      await request.succeeded(world, dryTime, before);
      const classes = classesOf(calls, world.root).filter(({ glob }) =>
        faultExtent === "full" || !request.omit?.(glob)
      );
      const faults = matrixOf(seen.chooseFrom(classes, request.family), world.root, faultExtent);
      await runFaults(`server, ${request.name}`, faults, async (fault) => {
        const before = await scene.settle();
        const time = scene.nextTime();
        let failure: unknown;
        const reached = await watched.failDuring(fault, async () => {
          await attempt(time).catch((error) => failure = error);
        });
        try {
          if (failure === undefined) await request.succeeded(world, time, before);
          else if (!(await world.times()).includes(time)) world.snapshots.delete(time);
          await scene.check();
        } catch (error) {
          const told = failure instanceof Error ? failure.message : "success";
          throw new Error(`the client was told: ${told}`, { cause: error });
        }
        return !reached ? "not reached" : failure === undefined ? "succeeded" : "refused";
      }, 1);
    }));
}
