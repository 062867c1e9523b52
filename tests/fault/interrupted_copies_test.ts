// deno-lint-ignore-file no-console -- how many were interrupted is reported
import { assert, assertEquals, assertRejects } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { openRemoteRepository } from "../../lib/remote/mod.ts";
import { isFinished, parseRepository, type Repository } from "../../lib/repository/mod.ts";
import { Chance } from "../support/chance.ts";
import { assertSameSnapshots } from "../support/compare_stores.ts";
import { CuttingProxy } from "../support/cutting_proxy.ts";
import { eventually } from "../support/eventually.ts";
import { remoteOptions } from "../support/remote_repository.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { spawnClient } from "../support/run_client.ts";
import {
  chunkNames,
  chunkPaths,
  type Engine,
  type Kind,
  KINDS,
  PROTECTIONS,
  transfer,
  TransferWorld,
} from "../support/transfer_world.ts";

/** Every kind of interruption so many times for each pair and protection. */
const isFull = Deno.env.get("PBS_CLIENT_FAULTS") === "full";
/** Chunks between source and target at the same time (lib/transfer). */
const IN_FLIGHT = 64;

const SIGNALS = ["SIGKILL", "SIGINT", "SIGTERM"];

const PAIRS = KINDS.flatMap((source) => KINDS.map((target) => [source, target] as const));

/** A pair of repositories with a target that is empty at first. */
interface Pair {
  readonly world: TransferWorld;
  readonly source: Kind;
  readonly target: Kind;
}

/** What an interrupted run leaves is sound, and the next run completes it without sending it again. */
async function assertCompletes(
  { world, source, target }: Pair,
  engine: Engine,
  what: string,
): Promise<void> {
  await using from = await world.open("source", source);
  await using to = await world.open("target", target);
  const store = world.store("target", target);
  // A server hears of the end of a connection a little later.
  await eventually(async () => {
    for (const info of await to.listSnapshots("")) assert(isFinished(info), `${what}: half of one`);
  });
  assert((await to.verify({ namespace: "", ignoreVerified: false }, () => {})).ok, what);
  const there = new Set(chunkNames(store));
  const all = chunkNames(world.store("source", source));
  const missing = all.filter((name) => !there.has(name)).length;
  const { signal } = new AbortController();
  const { chunksMoved } = await eventually(() => transfer(engine, from, to, signal));
  const again = target === "server" ? IN_FLIGHT : 0;
  assert(
    chunksMoved >= missing && chunksMoved <= missing + again,
    `${what}: ${chunksMoved} chunks were moved, and ${missing} were missing`,
  );
  await assertSameSnapshots(world.store("source", source), store);
  assert((await to.verify({ namespace: "", ignoreVerified: false }, () => {})).ok, what);
  const idle = await transfer(engine, from, to, signal);
  assertEquals([idle.chunksMoved, idle.bytesMoved], [0, 0], what);
}

/** Interrupts a run in this process after a number of steps. @returns Whether it did not end before. */
async function abortAt(
  { world, source, target }: Pair,
  engine: Engine,
  steps: number,
): Promise<boolean> {
  await using from = await world.open("source", source);
  await using to = await world.open("target", target);
  const controller = new AbortController();
  let done = 0;
  try {
    await transfer(engine, from, to, controller.signal, () => {
      if (++done >= steps) controller.abort();
    });
    return false;
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    return true;
  }
}

/** Runs with one connection that a relay cuts. @returns Whether the run has failed, and how many frames passed. */
async function cutAt(
  { world, source, target }: Pair,
  engine: Engine,
  side: "source" | "target",
  frames: number,
): Promise<{ isCut: boolean; frames: number }> {
  const server = side === "source" ? world.sourceServer : world.targetServer;
  await using proxy = await CuttingProxy.start(server);
  proxy.restart(frames, frames % 2 === 0 ? "reset" : "end");
  const address = { ...remoteOptions(server).address, port: proxy.port };
  const { fingerprint } = proxy;
  await using through = await openRemoteRepository(remoteOptions(server, { address, fingerprint }));
  const other = side === "source" ? "target" : "source";
  await using direct = await world.open(other, side === "source" ? target : source);
  const [from, to]: [Repository, Repository] = side === "source"
    ? [through, direct]
    : [direct, through];
  try {
    await transfer(engine, from, to, new AbortController().signal);
    return { isCut: false, frames: proxy.frames };
  } catch {
    return { isCut: true, frames: proxy.frames };
  }
}

/** Sends a signal to the program when the target has so many files. @returns Whether it was caught alive. */
async function signalAt(
  { world, source, target }: Pair,
  signal: Deno.Signal,
  files: number,
): Promise<boolean> {
  const { words, env } = world.arguments(source, target);
  const child = spawnClient(words, { env });
  let status: Deno.CommandStatus | undefined;
  child.status.then((ended) => status = ended);
  while (status === undefined && chunkPaths(world.store("target", target)).length < files) {
    await delay(1);
  }
  if (status === undefined) {
    try {
      child.kill(signal);
    } catch (error) {
      // It has just ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
  }
  const { success } = await child.status;
  return !success;
}

for (const protection of PROTECTIONS) {
  Deno.test(`a copy or sync of ${protection} snapshots that is interrupted anywhere is completed by the next`, async (t) => {
    await using world = await TransferWorld.make(protection);
    const chance = new Chance(protection.length);
    const total = chunkNames(world.store("source", "directory")).length;
    let interrupted = 0;
    for (const kinds of PAIRS) {
      const [source, target] = kinds;
      const pair = { world, source, target, kinds };
      const engine = (): Engine => chance.below(2) === 0 ? "copy" : "sync";
      const interrupt = async (
        what: string,
        run: (engine: Engine) => Promise<boolean>,
      ): Promise<void> => {
        const which = engine();
        await world.empty(target);
        if (await run(which)) interrupted++;
        await assertCompletes(pair, which, `${source} to ${target}, ${what}, ${which}`);
      };
      await t.step(`${source} to ${target}: ended by a signal within the process`, async () => {
        for (let times = isFull ? 3 : 1; times > 0; times--) {
          const steps = 1 + chance.below(total);
          await interrupt(`${steps} steps`, (engine) => abortAt(pair, engine, steps));
        }
      });
      for (const side of ["source", "target"] as const) {
        if ((side === "source" ? source : target) !== "server") continue;
        await t.step(`${source} to ${target}: the connection to the ${side} cut`, async () => {
          await world.empty(target);
          const { frames } = await cutAt(pair, "copy", side, Infinity);
          for (let times = isFull ? 3 : 1; times > 0; times--) {
            const at = 1 + chance.below(frames);
            await interrupt(
              `cut after ${at} of ${frames} frames`,
              async (engine) => (await cutAt(pair, engine, side, at)).isCut,
            );
          }
        });
      }
      // Of the sample, one protection for each pair.
      const isMeant = isFull ||
        (PAIRS.indexOf(pair.kinds) - PROTECTIONS.indexOf(protection)) % 3 === 0;
      if (!isMeant) continue;
      await t.step(`${source} to ${target}: the program killed`, async () => {
        for (const signal of (isFull ? SIGNALS : ["SIGKILL"]) as Deno.Signal[]) {
          const files = chance.below(total);
          await interrupt(
            `${signal} at ${files} chunks`,
            () => signalAt(pair, signal, files),
          );
        }
      });
    }
    console.log(`${interrupted} runs were interrupted`);
    assert(interrupted >= (isFull ? 12 : 4), `only ${interrupted} runs were interrupted`);
  });
}

Deno.test("a copy is completed after its server was killed", async () => {
  await using world = await TransferWorld.make("encrypted");
  await using dir = await TempDir.make("/dev/shm");
  const chance = new Chance(77);
  const total = chunkNames(world.store("source", "directory")).length;
  const store = `${dir.path}/store`;
  await using from = await world.open("source", "directory");
  let server = await ServerProcess.start({ dir });
  try {
    const variables = server.clientEnvironment;
    const connect = async () => {
      const fingerprint = variables.PBS_FINGERPRINT!;
      const named = parseRepository(variables.PBS_REPOSITORY!);
      if (named.kind !== "server") throw new Error("it names no server");
      const address = { ...named, port: server.port };
      const password = variables.PBS_PASSWORD!;
      return await openRemoteRepository({ address, password, fingerprint });
    };
    for (let times = isFull ? 6 : 1; times > 0; times--) {
      const steps = 1 + chance.below(total >> 1);
      {
        await using to = await connect();
        let done = 0;
        const { signal } = new AbortController();
        await assertRejects(() =>
          transfer("copy", from, to, signal, () => {
            if (++done === steps) server.child.kill("SIGKILL");
          })
        );
      }
      await server.child.status;
      server = await ServerProcess.start({ dir });
      await using to = await connect();
      // What was under way is there, as unfinished; nobody takes it for a snapshot.
      const finished = (await to.listSnapshots("")).filter(isFinished);
      assert(finished.length < 2, `${steps} steps`);
      const { signal } = new AbortController();
      const { chunksMoved } = await transfer("copy", from, to, signal);
      // It has forgotten who had sent what; what finished snapshots have is not sent again.
      const most = finished.length === 0 ? total : IN_FLIGHT;
      assert(chunksMoved <= most, `${chunksMoved} of ${most} after ${steps} steps`);
      assert((await to.verify({ namespace: "", ignoreVerified: false }, () => {})).ok);
      await assertSameSnapshots(world.store("source", "directory"), store);
      await to.forgetGroup("", { type: "host", id: "encrypted" });
      for (const path of chunkPaths(store)) Deno.removeSync(path);
    }
  } finally {
    await server.end("SIGKILL");
  }
});
