import { assert, assertEquals, assertMatch } from "@std/assert";
import { formatSnapshotPath } from "../../lib/repository/mod.ts";
import { Chance } from "../support/chance.ts";
import { type InProcessRun, runInProcess } from "../support/cli_in_process.ts";
import { hurt, RepairWorld, restoredChunks, run } from "../support/repair_world.ts";
import { ServedBucket } from "../support/s3/served_bucket.ts";
import { testWithPeers } from "../support/with_peers.ts";

const FIRST_INDEX_BYTE = 4096;

testWithPeers(
  "a bucket and a directory, both damaged, are read and repaired with each other's help",
  ["versitygw", "diff", "cmp"],
  async (t) => {
    await using world = await RepairWorld.make(["legacy", "disk"]);
    await using bucket = await ServedBucket.start();
    const here = await world.copy("here");
    const there = bucket.address("tank");
    // Each is read as the repository and as the other one, with the keys that belong to its place.
    const env = {
      [here]: { PBS_REPOSITORY: here, ...bucket.keys("FROM_") },
      [there]: { PBS_REPOSITORY: there, ...bucket.keys() },
    };
    const ok = async (repository: string, ...args: string[]): Promise<InProcessRun> => {
      const done = await runInProcess(args, env[repository]!);
      assertEquals(done.code, 0, `${args.join(" ")}: ${done.stderr}`);
      return done;
    };
    const copied = await runInProcess(["copy", "--to", there, "--init"], {
      ...env[here],
      ...bucket.keys("TO_"),
    });
    assertEquals(copied.code, 0, copied.stderr);

    const chance = new Chance(11);
    const folders = { [here]: here, [there]: bucket.folder("tank") };
    // Every archive has a chunk that is hurt in the one, and one in the other.
    const damage = (repository: string) => {
      const parity = repository === here ? 0 : 1;
      const chunks = restoredChunks(`${world.folder}/first`, world.snapshots);
      assert(chunks.length > 5);
      return chunks.filter((_, number) => number % 2 === parity).map((name) => {
        hurt(`${folders[repository]}/.chunks/${name}`, chance);
        return name;
      });
    };
    const counts = { [here]: damage(here).length, [there]: damage(there).length };
    const [legacy, disk] = ["legacy", "disk"].map((name) => {
      const { snapshot } = world.snapshots.findLast(({ snapshot: { id } }) => id === name)!;
      return formatSnapshotPath(snapshot);
    }) as [string, string];
    hurt(`${bucket.folder("tank")}/.cnt/${legacy}/tree.pxar.didx`, chance, FIRST_INDEX_BYTE);

    const source = `${world.folder}/source1`;
    for (const [repository, other] of [[here, there], [there, here]] as const) {
      await t.step(`restore from the ${repository === here ? "directory" : "bucket"}`, async () => {
        const out = `${world.folder}/out-${repository === here ? "here" : "there"}`;
        const cases = [["diff", legacy, "tree.pxar", "tree"], ["cmp", disk, "disk.img", "image"]];
        let failures = 0;
        for (
          const [compare, snapshot, archive, name] of cases as [string, string, string, string][]
        ) {
          const alone = await runInProcess(
            ["restore", snapshot, archive, `${out}-alone-${name}`],
            env[repository]!,
          );
          if (alone.code !== 0) failures++;
          const args = ["restore", snapshot, archive, `${out}-${name}`, "--also-from", other];
          const { stderr } = await ok(repository, ...args);
          if (alone.code !== 0) {
            assert(stderr.includes(`read from ${other}: missing or damaged in ${repository}`));
          }
          const paths = [`${source}/${name}`, `${out}-${name}`] as const;
          if (compare === "cmp") await run("cmp", ...paths);
          else await run("diff", "-r", ...paths);
        }
        assert(failures > 0);
      });
    }
    await t.step("repair", async () => {
      Deno.truncateSync(`${bucket.folder("tank")}/.cnt/${disk}/index.json.blob`, 20);
      for (const [repository, other] of [[there, here], [here, there]] as const) {
        const alone = await runInProcess(["repair", "--dry-run"], env[repository]!);
        assertEquals(alone.code, 255);
        const healed = await ok(repository, "repair", "--from", other);
        const words = new RegExp(
          ` 0 damaged; ${counts[repository]} chunks .* put in place, 0 lost`,
        );
        assertMatch(healed.stdout, words);
        const after = await ok(repository, "repair", "--output-format", "json");
        assertEquals(JSON.parse(after.stdout).whole, 4);
      }
      for (const [number, name] of [[1, legacy], [2, disk]] as const) {
        const archive = number === 1 ? "tree.pxar" : "disk.img";
        await ok(there, "restore", name, archive, `${world.folder}/healed${number}`);
      }
      await run("diff", "-r", `${source}/tree`, `${world.folder}/healed1`);
      await run("cmp", `${source}/image`, `${world.folder}/healed2`);
    });
  },
);
