import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { type ChunkIndex, parseDynamicIndex, parseFixedIndex } from "../../lib/index/mod.ts";
import { Chance } from "../support/chance.ts";
import { runInProcess } from "../support/cli_in_process.ts";
import { ageChunks } from "../support/golden_story.ts";
import { TempDir } from "../support/temp_dir.ts";
import { TestServer } from "../support/test_server.ts";

const RUNS = 5;
const START = 1_700_000_000;

/** What the chunks of some snapshots come to, by the files of the datastore alone. */
class Reference {
  constructor(private readonly store: string) {}

  /** Plain sizes of a snapshot's chunks by name. */
  chunksOf(snapshot: string): Map<string, number> {
    const chunks = new Map<string, number>();
    for (const { name } of Deno.readDirSync(`${this.store}/${snapshot}`)) {
      if (!name.endsWith("idx")) continue;
      const bytes = Deno.readFileSync(`${this.store}/${snapshot}/${name}`);
      const index: ChunkIndex = name.endsWith(".fidx")
        ? parseFixedIndex(bytes, name)
        : parseDynamicIndex(bytes, name);
      for (let i = 0; i < index.chunkCount; i++) {
        chunks.set(encodeHex(index.digestAt(i)), index.endOf(i) - index.startOf(i));
      }
    }
    return chunks;
  }

  sums(chunks: Map<string, number>, without: readonly Map<string, number>[] = []) {
    const sums = { chunks: 0, bytes: 0, stored: 0 };
    for (const [name, bytes] of chunks) {
      if (without.some((others) => others.has(name))) continue;
      sums.chunks++;
      sums.bytes += bytes;
      sums.stored += Deno.statSync(`${this.store}/.chunks/${name.slice(0, 4)}/${name}`).size;
    }
    return sums;
  }
}

const timeOf = (run: number) => new Date((START + run) * 1000).toISOString().replace(".000", "");

async function client(args: readonly string[], environment: Record<string, string>) {
  const run = await runInProcess(args, environment);
  assertEquals(run.code, 0, `${args.join(" ")}: ${run.stderr}`);
  return run;
}

async function json(args: readonly string[], environment: Record<string, string>) {
  return JSON.parse((await client([...args, "--output-format=json"], environment)).stdout);
}

/** Two groups, one of them in a namespace, that share most of what they have. */
async function fill(dir: string, environment: Record<string, string>): Promise<void> {
  await client(["namespace", "create", "inner"], environment);
  await Deno.mkdir(`${dir}/tree`);
  await Deno.writeFile(`${dir}/disk`, new Uint8Array(9 * 1024 * 1024));
  const chance = new Chance(7);
  for (let i = 0; i < 40; i++) await Deno.writeFile(`${dir}/tree/${i}`, random(chance, 40_000));
  for (let run = 0; run < RUNS; run++) {
    for (let i = 0; i < 3; i++) {
      await Deno.writeFile(`${dir}/tree/${chance.below(44)}`, random(chance, 20_000 + 1000 * i));
    }
    await Deno.writeFile(`${dir}/tree/largest`, random(chance, 90_000 + run));
    const time = ["--backup-time", String(START + run), "--quiet", "--chunk-size=64"];
    const tree = `t.pxar:${dir}/tree`;
    const mode = `--change-detection-mode=${run % 2 === 0 ? "legacy" : "data"}`;
    await client(
      ["backup", tree, `d.img:${dir}/disk`, "--backup-id=a", mode, ...time],
      environment,
    );
    await client(["backup", tree, "--backup-id=b", "--ns=inner", ...time], environment);
  }
}

function random(chance: Chance, length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = chance.below(2 ** 32);
  return new Uint8Array(words.buffer, 0, length);
}

Deno.test("snapshot size and stats say what indexes and chunk files come to", async (test) => {
  await using dir = await TempDir.make("/dev/shm");
  await using server = await TestServer.start();
  const store = server.datastorePath;
  const local = { PBS_REPOSITORY: store, XDG_CACHE_HOME: "/dev/null" };
  const served = {
    PBS_REPOSITORY: `admin@pbs@127.0.0.1:${server.port}:store1`,
    PBS_PASSWORD: "a password",
    PBS_FINGERPRINT: server.certificate.fingerprint,
    XDG_CACHE_HOME: `${dir.path}/cache`,
  };
  await fill(dir.path, local);
  const reference = new Reference(store);
  const runs = Array.from({ length: RUNS }, (_, run) => run);
  const [ofA, ofB] = [
    runs.map((run) => reference.chunksOf(`host/a/${timeOf(run)}`)),
    runs.map((run) => reference.chunksOf(`ns/inner/host/b/${timeOf(run)}`)),
  ];
  const all = new Map([...ofA, ...ofB].flatMap((chunks) => [...chunks]));
  const remotely = ({ chunks, bytes }: ReturnType<Reference["sums"]>) => ({ chunks, bytes });

  await test.step("of every snapshot, compared with all others of the datastore", async () => {
    for (const run of runs) {
      const others = [...ofA.filter((_, i) => i !== run), ...ofB];
      const expected = {
        chunks: reference.sums(ofA[run]!),
        added: reference.sums(ofA[run]!, run === 0 ? [] : [ofA[run - 1]!]),
        unique: reference.sums(ofA[run]!, others),
      };
      const args = ["snapshot", "size", `host/a/${timeOf(run)}`];
      const { chunks, added, unique, ...rest } = await json(args, local);
      assertEquals({ chunks, added, unique }, expected);
      assertEquals([rest["other-snapshots"], rest["missing-chunks"]], [2 * RUNS - 1, 0]);
      const remote = await json(args, served);
      assertEquals(remote.unique, remotely(expected.unique));
      assertEquals(remote.added, remotely(expected.added));
      if (run === 0) continue;
      const [first] = rest["largest-new-files"];
      assertEquals([first.path, first.size, first.status], ["/largest", 90_000 + run, "changed"]);
      assertEquals(remote["largest-new-files"], rest["largest-new-files"]);
    }
    const { unique } = await json(["snapshot", "size", "host/b", "--ns=inner"], local);
    assertEquals(unique, reference.sums(ofB.at(-1)!, [...ofA, ...ofB.slice(0, -1)]));
  });

  await test.step("of a group by run, and of the datastore by group", async () => {
    const group = await json(["stats", "host/a"], local);
    const whole = new Map(ofA.flatMap((chunks) => [...chunks]));
    assertEquals(group.chunks, reference.sums(whole));
    for (const run of runs) {
      const { added, unique, chunks } = group.snapshots[run];
      assertEquals({ added, unique, chunks }, {
        added: reference.sums(ofA[run]!, run === 0 ? [] : [ofA[run - 1]!]),
        unique: reference.sums(ofA[run]!, ofA.filter((_, i) => i !== run)),
        chunks: reference.sums(ofA[run]!),
      });
    }
    const datastore = await json(["stats"], local);
    assertEquals(datastore.chunks, reference.sums(all));
    const [a, b] = datastore.groups;
    assertEquals([a["backup-id"], b["backup-id"], b.ns], ["a", "b", "inner"]);
    assertEquals(a.unique, reference.sums(whole, ofB));
    assertEquals([a["backup-count"], b["backup-count"]], [RUNS, RUNS]);
    const { bytes, stored } = datastore.chunks;
    assertEquals(
      datastore.deduplication,
      Math.round(datastore["chunked-size"] / bytes * 100) / 100,
    );
    assertEquals(datastore.compression, Math.round(bytes / stored * 100) / 100);
    assertEquals((await json(["stats", "--ns=inner"], local)).groups.length, 1);
  });

  await test.step("over a server, without what it does not tell", async () => {
    const remote = await json(["stats"], served);
    assertEquals(remote.chunks, remotely(reference.sums(all)));
    assertEquals([remote.compression, remote["last-garbage-collection"]], [undefined, undefined]);
    await client(["garbage-collect"], served);
    const counts = (await json(["stats"], served))["last-garbage-collection"];
    const { stored, chunks } = reference.sums(all);
    assertEquals([counts["disk-bytes"], counts["disk-chunks"]], [stored, chunks]);
    assertEquals((await json(["stats"], local))["last-garbage-collection"], counts);
    const text = await client(["stats"], served);
    assertMatch(text.stderr, /does not tell what single chunks take/);
    assertMatch(text.stdout, /last garbage collection \| .* on disk in \d+ chunks, [\d.]+ : 1/);
    assert(!text.stdout.includes("stored"), text.stdout);
  });

  await test.step("abbreviations of `status` go on to mean it", async () => {
    for (const word of ["st", "stat", "statu"]) {
      assertEquals(Object.keys(await json([word], local)).sort(), ["avail", "total", "used"]);
    }
  });

  await test.step("what is unique is what is garbage when the snapshot has gone", async () => {
    const path = `host/a/${timeOf(3)}`;
    const { unique } = await json(["snapshot", "size", path], local);
    assert(unique.stored > 0, "it was made in another mode than its neighbours");
    const { stored } = reference.sums(all);
    await client(["snapshot", "forget", path], local);
    // The last collection has used them, less than two seconds ago on a fast machine.
    ageChunks(store, 5);
    await client(["garbage-collect", "--cutoff", "0"], local);
    const counts = (await json(["stats"], local))["last-garbage-collection"];
    const kept = new Map([...ofA.filter((_, i) => i !== 3), ...ofB].flatMap((c) => [...c]));
    assertEquals(counts["disk-bytes"], reference.sums(kept).stored);
    assertEquals(counts["disk-bytes"], stored - unique.stored);
    const gone = [...all.keys()].filter((name) => !kept.has(name));
    assertEquals(gone.length, unique.chunks);
  });

  await test.step("a missing chunk is a warning, a damaged index an error that names it", async () => {
    const name = [...ofA[0]!.keys()].find((name) => ofB.some((chunks) => chunks.has(name)))!;
    await Deno.remove(`${store}/.chunks/${name.slice(0, 4)}/${name}`);
    const run = await client(["stats"], local);
    assertMatch(run.stderr, /1 chunk missing in the datastore/);
    assert(!run.stdout.includes("compression"), "the ratio is not known then");
    const index = `${store}/host/a/${timeOf(1)}/t.ppxar.didx`;
    const bytes = await Deno.readFile(index);
    await Deno.writeFile(index, bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1));
    for (const where of [local, served]) {
      for (const args of [["stats"], ["stats", "host/a"], ["snapshot", "size", "host/a"]]) {
        const { code, stderr } = await runInProcess(args, where);
        assertNotEquals(code, 0);
        const errors = stderr.split("\n").filter((line) => line.startsWith("Error: "));
        assertEquals(errors.length, 1, stderr);
        assertMatch(errors[0]!, new RegExp(`snapshot host/a/${timeOf(1)}: .*t\\.ppxar\\.didx`));
      }
    }
  });
});

Deno.test("of an encrypted snapshot all but the largest files is told without a key", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const environment = { PBS_REPOSITORY: `${dir.path}/store`, XDG_CACHE_HOME: "/dev/null" };
  const key = `--keyfile=${dir.path}/key`;
  await client(["key", "create", `${dir.path}/key`, "--kdf=none"], {});
  await Deno.mkdir(`${dir.path}/tree`);
  for (const run of [0, 1]) {
    await Deno.writeFile(`${dir.path}/tree/large`, random(new Chance(run + 1), 200_000 + run));
    const time = `--backup-time=${START + run}`;
    const args = ["backup", `t.pxar:${dir.path}/tree`, "--init", "--backup-id=e", time, "--quiet"];
    await client([...args, key, "--chunk-size=64"], environment);
  }
  const withKey = await json(["snapshot", "size", "host/e", key], environment);
  const [largest, ...others] = withKey["largest-new-files"];
  assertEquals([largest.path, largest.size, largest["size-before"]], ["/large", 200_001, 200_000]);
  assertEquals(others, []);
  const without = await client(["snapshot", "size", "host/e", "--output-format=json"], environment);
  assertMatch(without.stderr, /Without the key .* the largest new files cannot be told/);
  const { "largest-new-files": none, ...rest } = JSON.parse(without.stdout);
  assertEquals(none, undefined);
  assertEquals({ ...rest, "largest-new-files": [largest] }, withKey);
  const unread = await client(["snapshot", "size", "host/e", "--largest=0"], environment);
  assert(!unread.stderr.includes("key"), unread.stderr);
});
