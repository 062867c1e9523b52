// Run by scripts/soak. Arguments: an empty folder, minutes, seed.
// deno-lint-ignore-file no-console -- it is a program
import { setTimeout as delay } from "node:timers/promises";
import { Datastore } from "../../lib/datastore/mod.ts";
import { Chance } from "../support/chance.ts";
import { kernelLocks } from "../support/kernel_locks.ts";
import { ownLoopback } from "../support/own_loopback.ts";
import { runClient, runClientOk } from "../support/run_client.ts";
import { ServerProcess } from "../support/server_process.ts";
import { SoakClient, type SoakSurroundings } from "./soak_client.ts";
import { describeSoak, missingIn, newSoakCounts } from "./soak_counts.ts";
import { FaultTimes, KilledServer, SmallDisk } from "./soak_faults.ts";
import { SoakGate } from "./soak_gate.ts";

/** Of each kind. */
const CLIENTS = 2;
const DISK_BYTES = 96 << 20;
/** Share of the disk from which on garbage is collected, whatever its age. */
const USAGE_MAX = 0.4;
/** The clients find no moment in which nobody else works; this one is given it. */
const CLEANING = ["garbage-collect", "--cutoff", "0", "--lock-wait", "60s"];

const [scratch = "", minutesText = "", seedText = ""] = Deno.args;
const minutes = Number(minutesText);
const seed = Number(seedText);
if (!(minutes > 0) || !Number.isInteger(seed) || seed <= 0) {
  console.error("usage: scripts/soak MINUTES [SEED]");
  Deno.exit(2);
}

const around: SoakSurroundings = {
  scratch,
  counts: newSoakCounts(),
  times: new FaultTimes(),
  gate: new SoakGate(),
  failed: new AbortController(),
};
const store = `${scratch}/disk/store`;

/** Does something at random intervals until the time is over. */
async function everyNowAndThen(
  until: number,
  chance: Chance,
  [leastMs, mostMs]: readonly [number, number],
  act: () => Promise<void>,
): Promise<void> {
  for (;;) {
    const next = performance.now() + leastMs + chance.below(mostMs - leastMs);
    while (performance.now() < next) {
      if (performance.now() >= until || around.failed.signal.aborted) return;
      await delay(100);
    }
    await act();
  }
}

async function soak(disk: SmallDisk | undefined): Promise<SoakClient[]> {
  const start = (listen: string) =>
    ServerProcess.start({
      dir: { path: scratch },
      store,
      listen,
    });
  const first = await start(`${ownLoopback()}:0`);
  await using server = new KilledServer(
    first,
    start,
    first.clientEnvironment,
  );
  const clients = Array.from({ length: 2 * CLIENTS }, (_, i) => {
    const served = i >= CLIENTS;
    const env = served ? server.env : { PBS_REPOSITORY: store };
    return new SoakClient(i, env, served, around, seed * 31 + i + 1);
  });
  const until = performance.now() + minutes * 60_000;
  const chance = new Chance(seed);
  const { counts, times } = around;
  const workers = [
    ...clients.map((client) => client.work(until)),
    everyNowAndThen(until, new Chance(seed + 1), [4000, 12_000], async () => {
      await server.kill(times, chance.below(1000));
      counts.killedServers++;
    }),
    ...disk === undefined ? [] : [
      everyNowAndThen(until, new Chance(seed + 2), [8000, 16_000], async () => {
        await disk.fill(times, chance, 1500 + chance.below(2000));
        counts.fullDisks++;
        if (await disk.usage() < USAGE_MAX) return;
        // Else the disk would be full for good, as nothing here lives long enough to be garbage.
        await around.gate.alone(async () => {
          await runClientOk(CLEANING, { env: { PBS_REPOSITORY: store } });
        });
        counts.cleanings++;
      }),
    ],
  ];
  for (const worker of workers) worker.catch((error) => around.failed.abort(error));
  const ends = await Promise.allSettled(workers);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  if (await server.stop() !== 0) throw new Error("the server did not end well");
  return clients;
}

/** Fails unless everything is as it would be had nobody been killed. */
async function check(clients: readonly SoakClient[]): Promise<void> {
  const locks = kernelLocks(store);
  if (locks.length > 0) throw new Error(`locked by nobody: ${locks.join(", ")}`);
  const verify = await runClient(["datastore", "verify", store]);
  if (verify.code !== 0) throw new Error(`verification:\n${verify.stdout}${verify.stderr}`);
  for (const client of clients) {
    const env = { PBS_REPOSITORY: store };
    const list = ["snapshot", "list", client.group, "--output-format", "json"];
    const listed: { "backup-time": number; size?: number }[] = JSON.parse(
      (await runClientOk(list, { env })).stdout,
    );
    const times = listed.map((each) => each["backup-time"]);
    const lost = client.keptForCertain().find((time) => !times.includes(time));
    if (lost !== undefined) {
      throw new Error(`${client.group}: the backup of ${lost} was acknowledged and is gone`);
    }
    for (const time of times) {
      await client.restore(time, async (args) => (await runClientOk(args, { env })).code === 0);
      around.counts.checked++;
    }
  }
}

let disk: SmallDisk | undefined;
try {
  disk = await SmallDisk.mount(`${scratch}/disk`, DISK_BYTES);
} catch (error) {
  console.log(`soak: the disk does not run full, for want of a small one: ${error}`);
}
Datastore.create(store, { chunkFoldersOnDemand: true })[Symbol.dispose]();
let failure: unknown;
try {
  await check(await soak(disk));
  const missing = missingIn(around.counts, disk !== undefined);
  if (missing.length > 0) throw new Error(`there were no ${missing.join(", no ")}`);
} catch (error) {
  failure = error;
  console.log(error instanceof Error ? error.message : String(error));
}
const verdict = failure === undefined ? "ok" : "FAILED";
console.log(`soak ${verdict}: ${minutes} min, seed ${seed}: ${describeSoak(around.counts)}`);
Deno.exit(failure === undefined ? 0 : 1);
