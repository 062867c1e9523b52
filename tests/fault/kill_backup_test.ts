// deno-lint-ignore-file no-console
import { assert, assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { runClient, runClientOk, spawnClient } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";

const KILLED_ROUNDS = 50;
const ROUNDS_MAX = 300;

/** A tree that takes the program some tenths of a second, of compressible and other data. */
async function makeTree(path: string, seed: number): Promise<void> {
  await runPeer("python3", [
    "-c",
    `
import os, random, sys
R = random.Random(int(sys.argv[2])); root = sys.argv[1]
for d in range(20):
    os.makedirs("%s/%d" % (root, d), exist_ok=True)
    for f in range(100):
        with open("%s/%d/%d" % (root, d, f), "wb") as out: out.write(R.randbytes(R.randrange(2000)) * R.randrange(1, 5))
with open(root + "/big", "wb") as out: out.write(R.randbytes(1 << 20) * 40 + R.randbytes(30 << 20))
`,
    path,
    String(seed),
  ]);
}

/** What everybody is shown of a datastore. */
async function listSnapshots(store: string) {
  await using repository = new LocalRepository(Datastore.open(store));
  return await repository.listSnapshots("");
}

Deno.test("a backup killed at any moment leaves nothing bad behind", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const store = `${dir.path}/store`;
  const source = `${dir.path}/source`;
  await makeTree(source, 0);
  const repository = ["--repository", store];
  const backup = (time: number) => [
    "backup",
    `tree.pxar:${source}`,
    `big.img:${source}/big`,
    ...repository,
    "--backup-id",
    "test",
    "--backup-time",
    String(time),
  ];
  await runClientOk(["datastore", "init", store]);
  let time = 1_700_000_000;
  let started = performance.now();
  await runClientOk(backup(time));
  let usualMs = performance.now() - started;
  let finished = 1;
  let killed = 0;
  let round = 0;
  while (killed < KILLED_ROUNDS) {
    assert(++round <= ROUNDS_MAX, `only ${killed} of ${round} runs were caught alive`);
    // New content, so that there is something to store when the blow falls.
    await makeTree(source, round);
    time += 100;
    started = performance.now();
    const child = spawnClient(backup(time));
    const timer = setTimeout(() => {
      try {
        child.kill("SIGKILL");
      } catch (error) {
        // It has just ended by itself; then this round is none of the fifty.
        if (!(error instanceof TypeError)) throw error;
      }
    }, Math.random() * usualMs);
    const status = await child.status;
    clearTimeout(timer);
    if (status.signal === "SIGKILL") killed++;
    else {
      assertEquals(status.code, 0, `round ${round}`);
      usualMs = performance.now() - started;
    }

    const snapshots = await listSnapshots(store);
    // The blow may fall between the last step and the end of the process.
    assert(status.signal === "SIGKILL" || snapshots.length === finished + 1);
    assert(snapshots.length >= finished && snapshots.length <= finished + 1);
    finished = snapshots.length;
    for (const { files } of snapshots) {
      assert(JSON.stringify(files).includes("index.json.blob"), "an unfinished snapshot is listed");
    }
    if (round % 5 === 0 || killed === KILLED_ROUNDS) {
      const verify = await runClient(["datastore", "verify", store]);
      assertEquals(verify.code, 0, `round ${round}:\n${verify.stdout}\n${verify.stderr}`);
    }
    if (round % 10 === 0) {
      time += 100;
      await runClientOk(backup(time));
      finished++;
      await runClientOk(["garbage-collect", ...repository]);
      await runClientOk(["prune", "host/test", ...repository, "--keep-last", "2"]);
      finished = 2;
      const target = `${dir.path}/restored-${round}`;
      await runClientOk(["restore", "host/test", "tree.pxar", target, ...repository]);
      assertEquals(await runPeer("diff", ["-r", source, target]), "");
    }
  }
  console.log(`${killed} of ${round} runs were killed`);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal} ends a backup cleanly: no snapshot, no leftovers, next run works`, async () => {
    await using dir = await TempDir.make("/dev/shm");
    const store = `${dir.path}/store`;
    const source = `${dir.path}/source`;
    await makeTree(source, 1);
    await runClientOk(["datastore", "init", store]);
    const args = ["backup", `tree.pxar:${source}`, "--repository", store, "--backup-id", "test"];
    // A pipe that never ends keeps the run busy until the signal comes.
    const fifo = `${dir.path}/fifo`;
    await runPeer("mkfifo", [fifo]);
    using writer = await Deno.open(fifo, { read: true, write: true });
    const child = spawnClient([...args, `endless.img:${fifo}`], { output: "piped" });
    await writer.write(new Uint8Array(65536));
    while ((await runPeer("find", [store, "-name", "*.tmp_fidx"])).trim() === "") {
      await delay(20);
    }
    child.kill(signal);
    const output = await child.output();
    assert(!output.success);
    const left = await runPeer("find", [`${store}/host`, "-type", "f"], { codes: [0, 1] });
    assertEquals(left, "");
    await runClientOk(args);
    await runClientOk(["datastore", "verify", store]);
  });
}

Deno.test("SIGINT ends a backup that waits for somebody to write to a pipe", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const store = `${dir.path}/store`;
  await runClientOk(["datastore", "init", store]);
  await runPeer("mkfifo", [`${dir.path}/fifo`]);
  const child = spawnClient(["backup", `pipe.img:${dir.path}/fifo`, "--repository", store], {
    output: "piped",
  });
  while ((await runPeer("find", [`${store}/host`, "-name", "20*"], { codes: [0, 1] })) === "") {
    await delay(20);
  }
  child.kill("SIGINT");
  const output = await child.output();
  assert(!output.success);
  assertEquals(
    await runPeer("find", [`${store}/host`, "-type", "d"], { codes: [0, 1] }),
    `${store}/host\n`,
  );
});
