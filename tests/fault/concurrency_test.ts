import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertFailure, assertOk } from "../support/assert_run.ts";
import { Datastore } from "../../lib/datastore/mod.ts";
import { eventually } from "../support/eventually.ts";
import { type ClientRun, runClient, runClientOk, spawnClient } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";

const FAILURE = 255;
const FIRST = 1_700_000_000;

/** A datastore, a source, and what processes are told about them. */
class Place implements AsyncDisposable {
  readonly store: string;
  readonly source: string;
  readonly at: readonly string[];

  private constructor(readonly dir: TempDir) {
    this.store = `${dir.path}/store`;
    this.source = `${dir.path}/source`;
    this.at = ["--repository", this.store];
  }

  static async make(): Promise<Place> {
    const place = new Place(await TempDir.make("/dev/shm"));
    await Deno.mkdir(place.source);
    await runPeer("bash", ["-c", `seq 1 300000 > '${place.source}/numbers'`]);
    await runPeer("bash", ["-c", `head -c 9000000 /dev/urandom > '${place.source}/noise'`]);
    // Chunk folders come as they are needed, which saves each test a second.
    Datastore.create(place.store, { chunkFoldersOnDemand: true })[Symbol.dispose]();
    return place;
  }

  /** Arguments of a backup of the source. */
  backup(id: string, time: number): string[] {
    const archives = [`tree.pxar:${this.source}`, `noise.img:${this.source}/noise`];
    return ["backup", ...archives, ...this.at, "--backup-id", id, "--backup-time", `${time}`];
  }

  async snapshots(): Promise<string[]> {
    const list = await runClientOk(["snapshot", "list", ...this.at, "--output-format", "json"]);
    return JSON.parse(list.stdout).map((each: Record<string, unknown>) =>
      `${each["backup-id"]}/${each["backup-time"]}`
    ).sort();
  }

  /** Fails unless these snapshots are there, all chunks are well, and trees come back as they were. */
  async assertWell(snapshots: readonly string[]): Promise<void> {
    assertEquals(await this.snapshots(), [...snapshots].sort());
    await runClientOk(["datastore", "verify", this.store]);
    for (const id of new Set(snapshots.map((each) => each.split("/")[0]!))) {
      const target = `${this.dir.path}/restored-${id}`;
      await runClientOk(["restore", `host/${id}`, "tree.pxar", target, ...this.at]);
      assertEquals(await runPeer("diff", ["-r", this.source, target]), "");
      await Deno.remove(target, { recursive: true });
    }
    const left = await runPeer("find", [this.store, "-name", "*.tmp_*"]);
    assertEquals(left, "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dir[Symbol.asyncDispose]();
  }
}

/** A backup that has begun and does not end before it is told to. */
class HeldBackup implements AsyncDisposable {
  private constructor(
    private readonly child: Deno.ChildProcess,
    private readonly pipe: Deno.FsFile,
  ) {}

  static async start(place: Place, id: string, time: number): Promise<HeldBackup> {
    const fifo = `${place.dir.path}/fifo-${id}-${time}`;
    await runPeer("mkfifo", [fifo]);
    const pipe = await Deno.open(fifo, { read: true, write: true });
    const args = place.backup(id, time);
    args.splice(3, 0, `pipe.img:${fifo}`);
    const child = spawnClient(args, { output: "piped" });
    await pipe.write(new Uint8Array(100));
    await eventually(async () => {
      const found = await runPeer("find", [`${place.store}/host/${id}`, "-name", "pipe.img.*"], {
        codes: [0, 1],
      });
      assert(found !== "");
    });
    return new HeldBackup(child, pipe);
  }

  /** Lets it end. */
  async finish(): Promise<ClientRun> {
    this.pipe.close();
    const { code, signal, stdout, stderr } = await this.child.output();
    const text = new TextDecoder();
    return { code, signal, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.child.status;
  }
}

Deno.test("of two backups into one group at once the second is refused, the first is not harmed", async () => {
  await using place = await Place.make();
  await using held = await HeldBackup.start(place, "a", FIRST);
  assertFailure(await runClient(place.backup("a", FIRST + 1)), /group.*host\/a.*in use/);
  assertOk(await held.finish());
  assertOk(await runClient(place.backup("a", FIRST + 1)));
  await place.assertWell([`a/${FIRST}`, `a/${FIRST + 1}`]);
});

Deno.test("of many backups into one group at once each is whole or refused", async () => {
  await using place = await Place.make();
  const times = [1, 2, 3, 4].map((more) => FIRST + more);
  const runs = await Promise.all(times.map((time) => runClient(place.backup("a", time))));
  const done: string[] = [];
  runs.forEach((run, i) => {
    if (run.code === 0) done.push(`a/${times[i]}`);
    else assertFailure(run, /in use|older than last backup/);
  });
  assert(done.length >= 1);
  await place.assertWell(done);
});

Deno.test("backups of the same data into different groups at once all succeed", async () => {
  await using place = await Place.make();
  const ids = ["a", "b", "c"];
  for (const run of await Promise.all(ids.map((id) => runClient(place.backup(id, FIRST))))) {
    assertOk(run);
  }
  await place.assertWell(ids.map((id) => `${id}/${FIRST}`));
});

Deno.test("garbage collection is refused while a backup of another process runs", async () => {
  await using place = await Place.make();
  await runClientOk(place.backup("a", FIRST));
  await using held = await HeldBackup.start(place, "a", FIRST + 1);
  // Chunks that nobody used for days: a collection that ran would take what is not marked.
  await runPeer("bash", [
    "-c",
    `find '${place.store}/.chunks' -type f -exec touch -a -d '3 days ago' {} +`,
  ]);
  assertFailure(await runClient(["garbage-collect", ...place.at]), /lock/);
  assertOk(await held.finish());
  await runClientOk(["garbage-collect", ...place.at]);
  await place.assertWell([`a/${FIRST}`, `a/${FIRST + 1}`]);
});

Deno.test("a backup that meets a garbage collection is whole or refused", async () => {
  await using place = await Place.make();
  await runClientOk(place.backup("a", FIRST));
  await runPeer("bash", [
    "-c",
    `find '${place.store}/.chunks' -type f -exec touch -a -d '3 days ago' {} +`,
  ]);
  const done = [`a/${FIRST}`];
  const collecting = runClient(["garbage-collect", ...place.at]);
  // The collection's access time test alone takes a second: some of these fall into it.
  for (let i = 1; i <= 4; i++) {
    const run = await runClient(place.backup("b", FIRST + i));
    if (run.code === 0) done.push(`b/${FIRST + i}`);
    else assertFailure(run, /collects garbage|garbage collection/);
  }
  const collected = await collecting;
  if (collected.code !== 0) assertFailure(collected, /lock/);
  await place.assertWell(done);
});

Deno.test("of two garbage collections at once one is refused, or they take turns", async () => {
  await using place = await Place.make();
  await runClientOk(place.backup("a", FIRST));
  const collect = () => runClient(["garbage-collect", ...place.at]);
  const runs = await Promise.all([collect(), collect()]);
  assert(runs.some(({ code }) => code === 0), runs.map(({ stderr }) => stderr).join("\n"));
  for (const run of runs) if (run.code !== 0) assertFailure(run, /lock|garbage/);
  await place.assertWell([`a/${FIRST}`]);
});

Deno.test("what a running backup builds on cannot be forgotten or pruned", async () => {
  await using place = await Place.make();
  await runClientOk(place.backup("a", FIRST));
  await runClientOk(place.backup("a", FIRST + 1));
  await using held = await HeldBackup.start(place, "a", FIRST + 2);
  const forget = (time: number) =>
    runClient(["snapshot", "forget", `host/a/${isoTime(time)}`, ...place.at]);
  assertFailure(await forget(FIRST + 1), /locked|in use|read|written/);
  assertFailure(await forget(FIRST + 2), /locked|in use|read|written/);
  assertFailure(
    await runClient(["group", "forget", "host/a", ...place.at], {
      stdin: new TextEncoder().encode("y\n"),
    }),
    /locked|in use|read|written|running/,
  );
  // The oldest may go; the one that is locked stays, with a line.
  const prune = await runClient(["prune", "host/a", ...place.at, "--keep-last", "1"]);
  assert(prune.code === 0 || prune.code === FAILURE, prune.stderr);
  assertOk(await held.finish());
  const left = await place.snapshots();
  assert(left.includes(`a/${FIRST + 1}`) && left.includes(`a/${FIRST + 2}`), left.join());
  await place.assertWell(left);
});

Deno.test("a snapshot that is being restored is neither forgotten nor pruned", async () => {
  await using place = await Place.make();
  await runClientOk(place.backup("a", FIRST));
  await runClientOk(place.backup("a", FIRST + 1));
  const oldest = `host/a/${isoTime(FIRST)}`;
  // Nobody takes what it writes, so it stops in the middle.
  const child = spawnClient(["restore", oldest, "noise.img", "-", ...place.at], {
    output: "piped",
  });
  const reader = child.stdout.getReader();
  const parts = [(await reader.read()).value!];
  assertFailure(
    await runClient(["snapshot", "forget", oldest, ...place.at]),
    /locked|in use|read|written/,
  );
  const prune = await runClientOk(["prune", "host/a", ...place.at, "--keep-last", "1"]);
  assertMatch(prune.stderr, new RegExp(`^cannot remove snapshot "${oldest}": .*\\n$`));
  assertEquals(await place.snapshots(), [`a/${FIRST}`, `a/${FIRST + 1}`]);
  // Collecting garbage meanwhile does no harm either.
  await runClientOk(["garbage-collect", ...place.at]);
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
  }
  await child.stderr.cancel();
  assertEquals((await child.status).code, 0);
  const restored = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
  const wanted = await Deno.readFile(`${place.source}/noise`);
  assertEquals(restored.length, wanted.length);
  assert(restored.every((byte, i) => byte === wanted[i]));
  await runClientOk(["snapshot", "forget", oldest, ...place.at]);
  await place.assertWell([`a/${FIRST + 1}`]);
});

Deno.test("backups, restores and forgetting while another process verifies", async () => {
  await using place = await Place.make();
  for (let i = 0; i < 4; i++) await runClientOk(place.backup("a", FIRST + i));
  const target = `${place.dir.path}/out`;
  const [verify, backup, other, restore, forget] = await Promise.all([
    runClient(["datastore", "verify", place.store]),
    runClient(place.backup("a", FIRST + 10)),
    runClient(place.backup("b", FIRST)),
    runClient(["restore", `host/a/${isoTime(FIRST + 1)}`, "tree.pxar", target, ...place.at]),
    runClient(["snapshot", "forget", `host/a/${isoTime(FIRST)}`, ...place.at]),
  ]);
  assertOk(verify);
  assertOk(backup);
  assertOk(other);
  assertOk(restore);
  if (forget.code !== 0) assertFailure(forget, /locked|in use|read|written/);
  const kept = [1, 2, 3, 10].map((i) => `a/${FIRST + i}`);
  if (forget.code !== 0) kept.push(`a/${FIRST}`);
  await place.assertWell([...kept, `b/${FIRST}`]);
});

Deno.test("of many processes that forget one snapshot one does it", async () => {
  await using place = await Place.make();
  await runClientOk(place.backup("a", FIRST));
  await runClientOk(place.backup("a", FIRST + 1));
  const path = `host/a/${isoTime(FIRST)}`;
  const runs = await Promise.all(
    [1, 2, 3].map(() => runClient(["snapshot", "forget", path, ...place.at])),
  );
  assertEquals(runs.filter(({ code }) => code === 0).length, 1);
  for (const run of runs) if (run.code !== 0) assertFailure(run, /does not exist|lock|written/);
  await place.assertWell([`a/${FIRST + 1}`]);
});

function isoTime(time: number): string {
  return new Date(time * 1000).toISOString().replace(/\.\d+Z$/, "Z");
}
