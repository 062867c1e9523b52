import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { LocalRepository } from "../../lib/datastore/mod.ts";
import { openBucket } from "../../lib/s3/mod.ts";
import { openSharedDatastore } from "../../lib/shared_bucket/mod.ts";
import { assertFailure, assertOk } from "../support/assert_run.ts";
import { Chance } from "../support/chance.ts";
import { eventually } from "../support/eventually.ts";
import { type ClientRun, runClient, spawnClient } from "../support/run_client.ts";
import { S3Server, type S3ServerKind } from "../support/s3/s3_server.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const BUCKET = "backups";

/** Commands on a datastore in a bucket of a server on loopback. */
class World implements AsyncDisposable {
  private constructor(readonly server: S3Server, readonly dir: TempDir) {}

  static async make(kind: S3ServerKind = "versitygw"): Promise<World> {
    const server = await S3Server.start({ bucket: BUCKET, kind });
    return new World(server, await TempDir.make("/dev/shm"));
  }

  /** Address of a datastore. */
  address(store = "tank"): string {
    return `s3:https://127.0.0.1:${this.server.options.port}/${BUCKET}/${store}`;
  }

  get env(): Record<string, string> {
    const { accessKey, secretKey, fingerprint } = this.server.options;
    return {
      PBS_REPOSITORY: this.address(),
      PBS_S3_ACCESS_KEY: accessKey,
      PBS_S3_SECRET_KEY: secretKey,
      PBS_FINGERPRINT: fingerprint!,
    };
  }

  async run(...args: string[]): Promise<ClientRun> {
    const run = await runClient(args, { env: this.env });
    // Whatever happens, the secret is nobody's business.
    assert(!(run.stdout + run.stderr).includes(this.server.options.secretKey));
    return run;
  }

  async ok(...args: string[]): Promise<string> {
    const { stdout, stderr } = assertOk(await this.run(...args));
    return stdout + stderr;
  }

  start(...args: string[]): Deno.ChildProcess {
    return spawnClient(args, { env: this.env });
  }

  /** A folder with some files of any content. */
  async source(name: string, seed: number, files = 8): Promise<string> {
    const path = `${this.dir.path}/${name}`;
    await Deno.mkdir(path, { recursive: true });
    const chance = new Chance(seed);
    for (let i = 0; i < files; i++) {
      await Deno.writeFile(`${path}/file${seed}-${i}`, chance.bytes(40_000));
    }
    return path;
  }

  /** Keys below the datastore, by their beginning. */
  async keys(prefix: string): Promise<string[]> {
    await using bucket = openBucket(this.server.options);
    const keys: string[] = [];
    for await (const { objects } of bucket.list(`tank/${prefix}`)) {
      keys.push(...objects.map(({ key }) => key));
    }
    return keys;
  }

  /** Whether all snapshots are sound, read by the library. */
  async isSound(): Promise<boolean> {
    const { datastore } = await openSharedDatastore(openBucket(this.server.options), "tank");
    await using repository = new LocalRepository(datastore);
    return (await repository.verify({ namespace: "" }, () => {})).ok;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}

/** Writes until nobody reads any more. */
async function feed(pipe: Deno.FsFile): Promise<void> {
  const chance = new Chance(6);
  const bytes = chance.bytes(1 << 20);
  try {
    // Enough for some chunks; the rest never comes.
    for (let i = 0; i < 20; i++) await pipe.write(bytes);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

testWithPeers("the commands work on a bucket as on a directory", ["versitygw"], async () => {
  await using world = await World.make();
  const source = await world.source("source", 1);
  assertFailure(await world.run("list"), /there is no datastore "tank" in s3:https.*--init/);
  await world.ok(
    "backup",
    `a.pxar:${source}`,
    "--init",
    "--backup-id",
    "h",
    "--backup-time",
    "1000",
  );
  await world.source("source", 2, 1);
  const metadata = ["--change-detection-mode", "metadata", "--backup-id", "h"];
  await world.ok("backup", `a.pxar:${source}`, ...metadata, "--backup-time", "2000");
  assertStringIncludes(await world.ok("snapshot", "list"), "host/h/1970-01-01T00:33:20Z");
  await world.ok("restore", "host/h/latest", "a.pxar", `${world.dir.path}/restored`);
  for (const { name } of Deno.readDirSync(source)) {
    const [stored, restored] = [source, `${world.dir.path}/restored`].map((folder) =>
      Deno.readFileSync(`${folder}/${name}`)
    );
    assertEquals(restored, stored);
  }
  // Its chunk is not in the later one, which splits archives.
  await world.ok("prune", "host/h", "--keep-last", "1");
  const before = (await world.keys(".chunks/")).length;
  await world.ok("garbage-collect", "--cutoff", "0");
  assert((await world.keys(".chunks/")).length < before);
  assert(await world.isSound());
  await world.ok("snapshot", "protected", "update", "host/h/latest", "true");
  assertFailure(await world.run("snapshot", "forget", "host/h/latest"), /protected/);
  // What belongs to runs is gone with them; the layout is that of a server.
  assertEquals(await world.keys(".shared/sessions/"), []);
  assertEquals(await world.keys(".shared/locks/"), []);
  assertEquals(await world.keys(".shared/decisions/"), []);
  assertEquals(
    (await world.keys(".cnt/")).map((key) => key.slice("tank/.cnt/host/h/".length)).sort(),
    [
      "1970-01-01T00:33:20Z/.protected",
      "1970-01-01T00:33:20Z/a.mpxar.didx",
      "1970-01-01T00:33:20Z/a.ppxar.didx",
      "1970-01-01T00:33:20Z/index.json.blob",
      "owner",
    ],
  );
});

testWithPeers(
  "the commands work on a bucket of another kind of server",
  ["rclone-s3"],
  async () => {
    await using world = await World.make("rclone-s3");
    const [one, two] = [await world.source("one", 7, 2), await world.source("two", 8, 2)];
    await world.ok(
      "backup",
      `a.pxar:${one}`,
      "--init",
      "--backup-id",
      "h",
      "--backup-time",
      "1000",
    );
    await world.ok("backup", `a.pxar:${two}`, "--backup-id", "h", "--backup-time", "2000");
    await world.ok("forget", "host/h/1970-01-01T00:16:40Z");
    const before = (await world.keys(".chunks/")).length;
    await world.ok("garbage-collect", "--cutoff", "0");
    assert((await world.keys(".chunks/")).length < before);
    await world.ok("restore", "host/h/latest", "a.pxar", `${world.dir.path}/restored`);
    for (const { name } of Deno.readDirSync(two)) {
      const restored = Deno.readFileSync(`${world.dir.path}/restored/${name}`);
      assertEquals(restored, Deno.readFileSync(`${two}/${name}`));
    }
    assertEquals(await world.keys(".shared/sessions/"), []);
  },
);

testWithPeers(
  "a lost chunk and the bucket of a server get clear lines",
  ["versitygw", "mkfifo"],
  async () => {
    await using world = await World.make();
    const source = await world.source("source", 3, 2);
    await world.ok("backup", `a.pxar:${source}`, "--init", "--backup-id", "h");
    await using bucket = openBucket(world.server.options);
    const chunks = await world.keys(".chunks/");
    await bucket.removeAll(chunks);
    assertFailure(
      await world.run("restore", "host/h/latest", "a.pxar", `${world.dir.path}/r`),
      /chunk [0-9a-f]{64} is missing: there is no object "tank\/\.chunks\//,
    );
    await bucket.put("tank/.in-use", new TextEncoder().encode('{"hostname":"pbs1"}'));
    for (const args of [["backup", `a.pxar:${source}`], ["garbage-collect"]]) {
      const refusal = /datastore "tank" in s3:.* belongs to the server "pbs1": it can be read/;
      assertFailure(await world.run(...args), refusal);
    }
    assertStringIncludes(await world.ok("list"), "host/h");
  },
);

testWithPeers(
  "writers that are killed beside others and a collection leave everything sound",
  ["versitygw", "mkfifo"],
  async () => {
    await using world = await World.make();
    const [one, two] = [await world.source("one", 4), await world.source("two", 5)];
    await world.ok("backup", `a.pxar:${one}`, "--init", "--backup-id", "one");
    const pipe = `${world.dir.path}/pipe`;
    assertEquals((await new Deno.Command("mkfifo", { args: [pipe] }).output()).code, 0);
    const killed = world.start("backup", `c.img:${pipe}`, "--backup-id", "killed");
    using writing = await Deno.open(pipe, { write: true });
    const feeding = feed(writing);
    // It waits for more from its source, and has stored something by then.
    const before = await eventually(async () => {
      const chunks = await world.keys(".chunks/");
      assert((await world.keys(".shared/sessions/")).length > 0 && chunks.length > 2);
      return chunks;
    });
    const [other, collection] = await Promise.all([
      world.run("backup", `a.pxar:${two}`, "--backup-id", "two"),
      world.run("garbage-collect", "--cutoff", "0"),
    ]);
    assertOk(other);
    // Those that live are waited for.
    assertStringIncludes(assertOk(collection).stdout + collection.stderr, "are not over");
    killed.kill("SIGKILL");
    await killed.status;
    await feeding;
    // Its machine sees that it is gone: nobody waits half an hour for its group, nor for its session.
    await world.ok("backup", `a.pxar:${two}`, "--backup-id", "killed");
    await world.ok("garbage-collect", "--cutoff", "0");
    assertEquals(await world.keys(".shared/sessions/"), []);
    // Its index was never written: what it has stored goes.
    assertOk(await world.run("garbage-collect", "--cutoff", "0"));
    const after = new Set(await world.keys(".chunks/"));
    assert(before.some((key) => !after.has(key)));
    assert(await world.isSound());
  },
);
