import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { formatSnapshotPath } from "../../lib/repository/mod.ts";
import { Chance } from "../support/chance.ts";
import { runInProcess } from "../support/cli_in_process.ts";
import { eventually } from "../support/eventually.ts";
import { MountedArchive } from "../support/mounted_archive.ts";
import { BrowseProcess, keysOf } from "../support/page_client.ts";
import { chunkFiles, hurt, RepairWorld, restoredChunks, run } from "../support/repair_world.ts";
import { runClient } from "../support/run_client.ts";
import { TestServer } from "../support/test_server.ts";

const GROUPS = ["legacy", "split", "disk"];
/** Said once, for what came from elsewhere. */
const USED = /\d+ chunks?( and \d+ files?)? (was|were) read from .*: missing or damaged in /g;

/** Two copies of a world's datastore; each archive has chunks that are hurt in the one, all others in the other. */
async function hurtBoth(world: RepairWorld): Promise<[string, string]> {
  const chance = new Chance(5);
  const [a, b] = [await world.copy("a"), await world.copy("b")];
  const chunks = new Set([...restoredChunks(a, world.snapshots), ...chunkFiles(a)]);
  for (const [number, name] of [...chunks].entries()) {
    hurt(`${number % 2 === 0 ? a : b}/.chunks/${name}`, chance);
  }
  return [a, b];
}

function pathIn(world: RepairWorld, id: string, which: 0 | 1): string {
  const found = world.snapshots.filter(({ snapshot }) => snapshot.id === id);
  return formatSnapshotPath(found[which]!.snapshot);
}

Deno.test("--also-from: commands that read contents get them from two damaged repositories", async (t) => {
  await using world = await RepairWorld.make(GROUPS);
  const [a, b] = await hurtBoth(world);
  const source = `${world.folder}/source1`;
  const env = { PBS_REPOSITORY: a };
  const out = `${world.folder}/out`;
  Deno.mkdirSync(out);
  const here = async (...args: string[]) => {
    const alone = await runInProcess(args, env);
    assert(alone.code !== 0, `${args[0]} needs help`);
    const helped = await runInProcess([...args, "--also-from", b], env);
    assertEquals(helped.code, 0, helped.stderr);
    assertEquals(helped.stderr.match(USED)?.length ?? 0, 1, helped.stderr);
    return helped;
  };
  const there = async (...args: string[]) => {
    const helped = await runClient([...args, "--also-from", b], { env });
    assertEquals(helped.code, 0, helped.stderr);
    return helped;
  };
  const legacy = pathIn(world, "legacy", 1);

  await t.step("restore", async () => {
    const target = `${out}/tree`;
    const { code } = await runInProcess(["restore", legacy, "tree.pxar", `${out}/alone`], env);
    assert(code !== 0);
    const args = ["restore", legacy, "tree.pxar", target, "--also-from", b];
    const helped = await runInProcess(args, env);
    assertEquals(helped.code, 0, helped.stderr);
    assertEquals(helped.stderr.match(USED)?.length, 1, helped.stderr);
    await run("diff", "-r", `${source}/tree`, target);
    await here("restore", pathIn(world, "disk", 1), "disk.img", `${out}/image`);
    await run("cmp", `${source}/image`, `${out}/image`);
    const quiet = await runInProcess([...args.slice(0, 3), `${out}/quiet`, "--also-from", a], {
      PBS_REPOSITORY: b,
    });
    assertEquals(quiet.code, 0, quiet.stderr);
  });

  await t.step("cat and the standard output", async () => {
    const tar = await there("cat", pathIn(world, "split", 1), "tree.pxar", "/", "--format", "zip");
    assert(tar.stdoutBytes > 300_000);
    const stream = await there("restore", legacy, "tree.pxar", "-", "--format", "tar");
    assert(stream.stdoutBytes > 300_000);
    assertEquals(stream.stderr.match(USED)?.length, 1, stream.stderr);
  });

  await t.step("ls, catalog dump, snapshot diff, find", async () => {
    const words = ["--also-from", b];
    const list = async (...args: string[]) => {
      const { code, stdout, stderr } = await runInProcess([...args, ...words], env);
      assertEquals(code, 0, stderr);
      return stdout;
    };
    for (const id of ["legacy", "split"]) {
      const [early, late] = [pathIn(world, id, 0), pathIn(world, id, 1)];
      assertMatch(await list("ls", late, "tree.pxar", "--recursive", "--names"), /c\/d\/14/);
      assertMatch(await list("catalog", "dump", late, "--output-format", "json"), /14/);
      const changes = JSON.parse(
        await list("snapshot", "diff", early, late, "tree.pxar", "--output-format", "json"),
      );
      assertEquals(changes.entries.length, 2);
      assertMatch(await list("find", "14", "--group", `host/${id}`), /c\/d\/14/);
    }
  });

  await t.step("mount, in the foreground", async () => {
    const mount = `${out}/mount`;
    Deno.mkdirSync(mount);
    const args = [legacy, "tree.pxar", "--also-from", b];
    await using mounted = await MountedArchive.inForeground(mount, args, env);
    await run("diff", "-r", `${source}/tree`, mount);
    const { code, stderr } = await mounted.end();
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, `something is missing or damaged in ${a}, and read from ${b}`);
    assertEquals(stderr.match(USED)?.length, 1, stderr);
  });

  await t.step("mount --all, in the background", async () => {
    const mount = `${out}/all`;
    Deno.mkdirSync(mount);
    const { code, stderr } = await runClient(["mount", mount, "--all", "--also-from", b], { env });
    assertEquals(code, 0, stderr);
    try {
      await run("diff", "-r", `${source}/tree`, `${mount}/${pathIn(world, "split", 1)}/tree.pxar`);
      await run("cmp", `${source}/image`, `${mount}/${pathIn(world, "disk", 1)}/disk.img`);
    } finally {
      await run("fusermount3", "-u", mount);
    }
  });

  await t.step("map", async () => {
    const file = `${out}/mapped`;
    await there("map", pathIn(world, "disk", 1), "disk.img", "--file", file);
    try {
      await run("cmp", `${source}/image`, file);
    } finally {
      await run("fusermount3", "-u", file);
    }
  });

  await t.step("browse", async () => {
    await using page = await BrowseProcess.start(env, ["--also-from", b]);
    const client = await page.enter();
    const { snapshot } = world.snapshots.find(({ snapshot: { id } }) => id === "legacy")!;
    const place = { store: "repository", type: "host", id: "legacy", time: snapshot.time };
    for (const name of ["1", "7", "14"]) {
      const { status, bytes } = await client.get("download", {
        ...place,
        archive: "tree.pxar.didx",
        path: keysOf("b", name),
        format: "file",
      });
      assertEquals(status, 200);
      assertEquals(bytes, Deno.readFileSync(`${world.folder}/source0/tree/b/${name}`));
    }
  });
});

Deno.test("--also-from: what is damaged in both is named, and the exit code says so", async () => {
  await using world = await RepairWorld.make(["legacy"]);
  const [a, b] = [await world.copy("a"), await world.copy("b")];
  for (const name of chunkFiles(a)) {
    Deno.removeSync(`${a}/.chunks/${name}`);
    Deno.truncateSync(`${b}/.chunks/${name}`, 30);
  }
  const legacy = pathIn(world, "legacy", 0);
  const { code, stderr } = await runInProcess(
    ["restore", legacy, "tree.pxar", `${world.folder}/out`, "--also-from", b],
    { PBS_REPOSITORY: a },
  );
  assertEquals(code, 255);
  assertMatch(stderr, new RegExp(`no good one is in ${b} \\(chunk [0-9a-f]{64}`));
  assertEquals(stderr.match(USED), null);
  assertMatch(stderr, new RegExp(`chunk [0-9a-f]{64}: not taken from ${b}`));
});

Deno.test("--also-from: what makes no sense is refused", async () => {
  await using world = await RepairWorld.make(["legacy"]);
  const store = `${world.folder}/first`;
  const legacy = pathIn(world, "legacy", 0);
  for (
    const [other, words] of [
      [store, "--also-from names the repository itself"],
      [`${world.folder}/nowhere`, "nowhere"],
      ["a b", "also-from"],
    ] as const
  ) {
    const target = `${world.folder}/out`;
    const { code, stderr } = await runInProcess(
      ["restore", legacy, "tree.pxar", target, "--also-from", other],
      { PBS_REPOSITORY: store },
    );
    assertEquals(code, 255);
    assertStringIncludes(stderr, words);
  }
});

Deno.test("--also-from: a server has a password of its own, several can be named", async () => {
  await using world = await RepairWorld.make(["legacy"]);
  await using server = await TestServer.start();
  for (const name of ["host", ".chunks"]) {
    await run("cp", "-a", `${world.folder}/first/${name}`, `${server.datastorePath}/`);
  }
  const [a, empty] = [await world.copy("a"), await world.copy("empty")];
  for (const store of [a, empty]) {
    for (const name of chunkFiles(store)) Deno.removeSync(`${store}/.chunks/${name}`);
  }
  const address = `admin@pbs@127.0.0.1:${server.port}:store1`;
  const legacy = pathIn(world, "legacy", 1);
  const target = `${world.folder}/out`;
  const { code, stderr } = await runInProcess(
    ["restore", legacy, "tree.pxar", target, "--also-from", empty, "--also-from", address],
    {
      PBS_REPOSITORY: a,
      PBS_PASSWORD: "not that of the other",
      PBS_FROM_PASSWORD: "a password",
      PBS_FROM_FINGERPRINT: server.certificate.fingerprint,
    },
  );
  assertEquals(code, 0, stderr);
  assertEquals(stderr.match(USED)?.length, 1, stderr);
  assertStringIncludes(stderr, `read from ${address}: missing or damaged in ${a}`);
  await run("diff", "-r", `${world.folder}/source1/tree`, target);
  // Nothing of it stays open.
  await eventually(async () => await Deno.remove(target, { recursive: true }).catch(() => {}));
});
