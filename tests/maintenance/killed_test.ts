import { assert, assertEquals } from "@std/assert";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { formatSnapshotPath } from "../../lib/repository/mod.ts";
import { Chance } from "../support/chance.ts";
import { maintainStore, stepOf } from "../support/maintain_store.ts";
import { runClientOk, spawnClient } from "../support/run_client.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";

const TIME = 1700000000;
const KEPT = 3;
const ROUNDS = 8;
/** Lines that a whole run of `maintain` prints here, about. */
const LINES = 36;
const MAINTAIN = [
  "maintain",
  `--keep-last=${KEPT}`,
  // What is not needed goes at once: a mark that is missing costs a chunk.
  "--cutoff=0",
  "--outdated-after=0",
  "--sample=30%",
  "--lock-wait=10m",
];

/** Runs `maintain` and sends it a signal when it has printed so many lines. */
async function maintainUntil(store: string, line: number, signal: Deno.Signal): Promise<void> {
  const child = spawnClient(MAINTAIN, { env: { PBS_REPOSITORY: store }, output: "piped" });
  const errors = new Response(child.stderr).text();
  let lines = 0;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    lines += text.split("\n").length - 1;
    if (lines < line) continue;
    try {
      child.kill(signal);
    } catch {
      // It has ended by itself.
    }
    line = Infinity;
  }
  const status = await child.status;
  const text = await errors;
  // Whatever ended it, it did not fail.
  assert(status.signal !== null || status.code === 0, `${status.code}: ${text}`);
}

Deno.test("maintenance killed anywhere, beside backups and a server, loses nothing and completes", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const [store, tree] = [`${dir.path}/store`, `${dir.path}/tree`];
  const chance = new Chance(1312);
  await Deno.mkdir(tree);
  const env = { PBS_REPOSITORY: store };
  const contents = new Map<number, Uint8Array>();
  let data = chance.bytes(400_000);
  const backUp = async (time: number, env: Record<string, string>, ...more: string[]) => {
    // A part changes each time, and another one comes back from long ago.
    data = data.slice();
    data.set(chance.bytes(100_000), 100_000 * chance.below(3));
    contents.set(time, data);
    await Deno.writeFile(`${tree}/data`, data);
    const words = ["backup", `tree.pxar:${tree}`, "--backup-id=web", `--backup-time=${time}`];
    await runClientOk([...words, "--lock-wait=10m", ...more], { env });
  };
  await backUp(TIME, env, "--init");
  {
    await using repository = new LocalRepository(Datastore.open(store));
    await repository.changeOwner("", { type: "host", id: "web" }, "admin@pbs");
    await repository.setProtected("", { type: "host", id: "web", time: TIME }, true);
  }
  await using server = await ServerProcess.start({ dir, store });
  for (let round = 1; round <= ROUNDS; round++) {
    const signal = chance.below(3) === 0 ? "SIGTERM" : "SIGKILL";
    const throughServer = round % 2 === 0 ? server.clientEnvironment : env;
    await Promise.all([
      backUp(TIME + round, throughServer),
      maintainUntil(store, chance.below(LINES), signal),
    ]);
  }
  await using repository = new LocalRepository(
    Datastore.open(store, { gcAccessTimeCheck: false }),
  );
  const last = await maintainStore(repository, {
    keep: { last: KEPT },
    cutoffSeconds: 0,
    whole: { ignoreVerified: false, outdatedAfterDays: 0 },
  });
  assertEquals([last.state, last.complete], ["ok", true], JSON.stringify(last));
  const snapshots = await repository.listSnapshots("");
  assertEquals(snapshots.map(({ time }) => time - TIME), [0, ROUNDS - 2, ROUNDS - 1, ROUNDS]);
  assertEquals(stepOf(last, "verify").figures.verified, snapshots.length);
  assertEquals(snapshots.map(({ verification }) => verification?.state), Array(4).fill("ok"));
  for (const snapshot of [snapshots[0]!, snapshots[3]!]) {
    const target = `${dir.path}/restored-${snapshot.time}`;
    await runClientOk(["restore", formatSnapshotPath(snapshot), "tree.pxar", target], { env });
    assertEquals(await Deno.readFile(`${target}/data`), contents.get(snapshot.time));
  }
});
