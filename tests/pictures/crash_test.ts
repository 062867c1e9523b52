import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { BTRFS_PEERS, BtrfsWorld } from "../support/btrfs_world.ts";
import { testWithPeers } from "../support/with_peers.ts";

/** Two files that are always changed together, and a pipe that keeps a backup waiting. */
const PAIR = `
  btrfs -q subvolume create @data; mkdir @data/first @data/last
  echo 1 >@data/first/count; echo 1 >@data/last/count; mkfifo hold
`;

/** A backup of the pair: the one, then what a command prints, then the other. */
function words(world: BtrfsWorld, id: string, command: string): string[] {
  const source = `${world.top}/@data`;
  return [
    ...["backup", `first.pxar:${source}/first`, "command.img:-", `last.pxar:${source}/last`],
    ...["--stdin-from-command", command, "--backup-id", id],
  ];
}

testWithPeers(
  "files that change during a backup are those of one moment in it",
  BTRFS_PEERS,
  async () => {
    await using world = await BtrfsWorld.create(PAIR);
    const change = `sh -c 'echo 2 >${world.top}/@data/first/count;` +
      ` echo 2 >${world.top}/@data/last/count; echo changed'`;
    const pair = async (id: string) =>
      await Promise.all(["first", "last"].map(async (name) => {
        const target = `${world.path}/${id}-${name}`;
        const { code, stderr } = await world.client(
          ...["restore", `host/${id}/latest`, `${name}.pxar`, target],
        );
        assertEquals(code, 0, stderr);
        return (await Deno.readTextFile(`${target}/count`)).trim();
      }));
    const whole = await world.client(
      ...words(world, "whole", change),
      ...["--init", "--snapshot", "btrfs"],
    );
    assertEquals(whole.code, 0, whole.stderr);
    assertEquals(await pair("whole"), ["1", "1"]);
    // What would happen without: the test sees it.
    await world.shell("echo 1 >@data/first/count; echo 1 >@data/last/count");
    const torn = await world.client(...words(world, "torn", change));
    assertEquals(torn.code, 0, torn.stderr);
    assertEquals(await pair("torn"), ["1", "2"]);
  },
);

testWithPeers(
  "what a backup that was killed has left is removed by the next one, and nothing else",
  BTRFS_PEERS,
  async (test) => {
    await using world = await BtrfsWorld.create(PAIR);
    assertEquals((await world.client("datastore", "init", `${world.path}/store`)).code, 0);
    const hold = `cat ${world.top}/hold`;
    const taken = async () => {
      await world.commandReading("hold");
      const names = (await world.subvolumes()).filter((name) => name !== "@data");
      assertEquals(names.length, 1);
      return names;
    };

    await test.step("after SIGKILL", async () => {
      const killed = world.start(...words(world, "killed", hold), "--snapshot", "btrfs");
      const [name] = await taken();
      assertMatch(name!, /^\.pbs-client-[0-9a-f]{16}-1$/);
      await world.killReading(killed, "hold");
      assertEquals(await world.subvolumes(), [name, "@data"].sort());
      // What stays of runs that are killed while they begin their records.
      const begun = "0123456789abcdef";
      await Deno.writeTextFile(`${world.records}/${begun}.new`, "");
      await Deno.mkdir(`${world.records}/${begun}`);
      const next = await world.client(
        ...["backup", `a.pxar:${world.top}/@data/first`, "--snapshot", "btrfs"],
      );
      assertEquals(next.code, 0, next.stderr);
      assertStringIncludes(
        next.stderr,
        `removed the btrfs snapshot '${name}', which an interrupted run has left`,
      );
      assertEquals(await world.subvolumes(), ["@data"]);
      assertEquals(world.recordNames(), []);
    });

    await test.step("after SIGTERM nothing is left, and others' snapshots stay", async () => {
      const ended = world.start(...words(world, "ended", hold), "--snapshot", "btrfs");
      const [name] = await taken();
      const beside = await world.client(
        ...["backup", `a.pxar:${world.top}/@data/first`, "--snapshot", "btrfs"],
        ...["--backup-id", "beside"],
      );
      assertEquals(beside.code, 0, beside.stderr);
      assertEquals(await world.subvolumes(), [name, "@data"].sort());
      ended.kill("SIGTERM");
      const { code, stderr } = await ended.output();
      assertEquals(code, 143, new TextDecoder().decode(stderr));
      assertEquals(await world.subvolumes(), ["@data"]);
      assertEquals(world.recordNames(), []);
    });

    await test.step("what only looks like ours is left alone", async () => {
      // A subvolume of the user's that has such a name, and a snapshot of another subvolume.
      const [mine, other] = [1, 2].map((n) => `.pbs-client-${"0".repeat(15)}${n}-${n}`);
      await world.shell(`
        btrfs -q subvolume create ${mine}; echo precious >${mine}/file; btrfs -q subvolume create @x
        btrfs -q subvolume snapshot -r @x ${other}`);
      const show = await world.run("btrfs", "filesystem", "show", world.top);
      const fileSystem = /uuid: (\S+)/.exec(show)![1]!;
      const shown = await world.run("btrfs", "subvolume", "show", `${world.top}/@data`);
      const parent = /^\s*UUID:\s*(\S+)$/m.exec(shown)![1]!;
      for (const [index, name] of [mine, other].entries()) {
        const item = { kind: "btrfs", fileSystem, name, parent };
        const record = `${world.records}/${name!.slice(12, 28)}.json`;
        await Deno.writeTextFile(record, `${JSON.stringify({ number: index + 1, take: item })}\n`);
        await Deno.mkdir(record.slice(0, -5));
      }
      const run = await world.client(
        ...["backup", `a.pxar:${world.top}/@data/first`, "--snapshot", "btrfs"],
        ...["--backup-id", "c", "--warnings-exit", "7"],
      );
      assertEquals(run.code, 7, run.stderr);
      assertEquals(
        run.stderr.match(/is not the snapshot that was made, it is left alone/g)?.length,
        2,
      );
      assertEquals(await world.subvolumes(), [mine!, other!, "@data", "@x"].sort());
      assertEquals(await world.shell(`cat ${mine}/file`), "precious\n");
      assertEquals(world.recordNames().length, 4);
    });
    // Nor where everybody sees it.
    const mounts = (await Deno.readTextFile("/proc/self/mountinfo")).split("\n");
    assertEquals(mounts.filter((line) => line.includes(`${world.path}/state/`)), []);
  },
);
