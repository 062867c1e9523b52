// There is no ZFS where the tests run: a program with its calls stands in for it.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { BTRFS_PEERS, BtrfsWorld } from "../support/btrfs_world.ts";
import { testWithPeers } from "../support/with_peers.ts";

const TREE = `
  mkdir -p .zfs/snapshot data/first data/last data/covered
  echo 1 >data/first/count; echo 1 >data/last/count; mkfifo hold
  echo hidden >data/covered/hidden; mount -t tmpfs none data/covered
`;
const standIn = fromFileUrl(new URL("../support/zfs_stand_in.sh", import.meta.url));

testWithPeers(
  "zfs is called as it wants to be, and its snapshots are removed",
  BTRFS_PEERS,
  async () => {
    await using world = await BtrfsWorld.create(TREE);
    const { top, path } = world;
    await Deno.mkdir(`${path}/bin/zfs-state`, { recursive: true });
    await Deno.copyFile(standIn, `${path}/bin/zfs`);
    await Deno.chmod(`${path}/bin/zfs`, 0o755);
    await Deno.writeTextFile(`${path}/bin/zfs-state/top`, top);
    const calls = async () => {
      const text = await Deno.readTextFile(`${path}/bin/zfs-state/calls`);
      await Deno.writeTextFile(`${path}/bin/zfs-state/calls`, "");
      return text.trim().replaceAll(/(run=|@pbs-client-)[0-9a-f]{16}/g, "$1ID").split("\n");
    };
    const words = (id: string, command: string) => [
      ...["backup", `first.pxar:${top}/data/first`, "command.img:-", `all.pxar:${top}/data`],
      ...["--stdin-from-command", command, "--backup-id", id, "--snapshot", "zfs"],
    ];
    const change =
      `sh -c 'for f in first last; do echo 2 >${top}/data/$f/count; done; echo changed'`;
    const run = await world.client(...words("whole", change), "--init");
    assertEquals(run.code, 0, run.stderr);
    assertMatch(run.stderr, /^skipping mount point: "covered"$/m);
    const taken = [
      `list -H -o name ${top}/data/first`,
      "snapshot -o pbs-client:run=ID tank@pbs-client-ID-1",
      "get -H -p -o value guid tank@pbs-client-ID-1",
    ];
    const removed = [
      "list -H -o name -t snapshot -d 1 tank",
      "get -H -p -o value guid,pbs-client:run tank@pbs-client-ID-1",
      "destroy tank@pbs-client-ID-1",
    ];
    assertEquals(await calls(), [...taken, ...removed]);
    const restored = await world.client("restore", "host/whole/latest", "all.pxar", `${path}/all`);
    assertEquals(restored.code, 0, restored.stderr);
    for (const name of ["first", "last"]) {
      assertEquals(await Deno.readTextFile(`${path}/all/${name}/count`), "1\n");
    }
    assertEquals(Array.from(Deno.readDirSync(`${path}/all/covered`)), []);

    const killed = world.start(...words("killed", `cat ${top}/hold`));
    await world.killReading(killed, "hold");
    assertEquals((await calls()).length, 3);
    // Somebody else's of the same name, made after ours was destroyed by hand.
    const [name] = (await world.shell("ls .zfs/snapshot")).trim().split("\n");
    const guid = `${path}/bin/zfs-state/${name}.guid`;
    const ours = await Deno.readTextFile(guid);
    await Deno.writeTextFile(guid, "1234\n");
    const other = await world.client("backup", `a.pxar:${top}/data`, "--snapshot", "zfs");
    assertEquals(other.code, 0, other.stderr);
    assertStringIncludes(
      other.stderr,
      `the ZFS snapshot 'tank@${name}' is not the one that was made, it is left alone`,
    );
    await Deno.writeTextFile(guid, ours);
    const next = await world.client("backup", `a.pxar:${top}/data`, "--snapshot", "zfs");
    assertEquals(next.code, 0, next.stderr);
    assertStringIncludes(
      next.stderr,
      `removed the ZFS snapshot 'tank@${name}', which an interrupted run has left`,
    );
    assertEquals(await world.shell("ls .zfs/snapshot"), "");
    assertEquals(world.recordNames(), []);
  },
);
