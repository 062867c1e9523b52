import { assertEquals, assertMatch } from "@std/assert";
import { Errno } from "../../ffi/errno.ts";
import { assertFailure, assertOk } from "../support/assert_run.ts";
import { FAULTY_MOUNT_PEERS, FaultyMount } from "../support/faulty_mount.ts";
import { runClient, runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

async function groupsOf(store: string): Promise<unknown[]> {
  const list = await runClientOk(["list", "--output-format", "json", "--repository", store]);
  return JSON.parse(list.stdout);
}

testWithPeers(
  "an image that cannot be read in the middle is not stored, nor what came before it",
  FAULTY_MOUNT_PEERS,
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    const store = `${dir.path}/store`;
    await runClientOk(["datastore", "init", store]);
    await Deno.mkdir(`${dir.path}/disks`);
    await runPeer("bash", [
      "-c",
      `cd ${dir.path}/disks && head -c 13000000 /dev/urandom | tee good > bad`,
    ]);
    await using _mount = await FaultyMount.over(`${dir.path}/disks`, [
      { op: "read", path: "/bad", from: 9_000_000, to: 9_000_001, errno: Errno.EIO },
    ]);
    const [good, bad] = [`good.img:${dir.path}/disks/good`, `bad.img:${dir.path}/disks/bad`];
    const backup = (...specs: string[]) => runClient(["backup", ...specs, "--repository", store]);
    const failure = /cannot read ".*\/disks\/bad" at byte 8998912: Input\/output error/;
    assertFailure(await backup(bad), failure);
    assertFailure(await backup(good, bad), failure);
    assertFailure(await backup(bad, good), failure);
    assertEquals(await groupsOf(store), []);
    assertOk(await backup(good));
  },
);

Deno.test("an image that is shorter than it says is not stored", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const store = `${dir.path}/store`;
  await runClientOk(["datastore", "init", store]);
  // The kernel says that this file has the length of a page.
  const source = "/sys/kernel/mm/transparent_hugepage/enabled";
  const run = await runClient(["backup", `disk.img:${source}`, "--repository", store]);
  assertFailure(run, /image ".*\/enabled" shrank while it was read/);
  assertEquals(await groupsOf(store), []);
});

testWithPeers("devices of any number of sectors come back", ["losetup", "cmp"], async () => {
  await using dir = await TempDir.make("/dev/shm");
  const store = `${dir.path}/store`;
  await runClientOk(["datastore", "init", store]);
  const devices: string[] = [];
  const specs: string[] = [];
  try {
    for (const sectors of [1, 8191, 8193, 20_001]) {
      const file = `${dir.path}/d${sectors}`;
      await runPeer("bash", ["-c", `head -c $((${sectors} * 512)) /dev/urandom > ${file}`]);
      const device = (await runPeer("losetup", ["--find", "--show", "--read-only", file])).trim();
      devices.push(device);
      specs.push(`d${sectors}.img:${device}`);
    }
    const backup = ["backup", ...specs, "--repository", store, "--backup-id", "disks"];
    await runClientOk([...backup, "--backup-time", "1700000000"]);
    const again = await runClientOk([...backup, "--backup-time", "1700000100"]);
    assertMatch(again.stderr, /^d20001\.img: backup was .* reused 9\.766 MiB \(100\.0%\)$/m);
    for (const spec of specs) {
      const name = spec.slice(0, spec.indexOf(":"));
      const target = `${dir.path}/${name}`;
      await runClientOk(["restore", "host/disks", name, target, "--repository", store]);
      await runPeer("cmp", [`${dir.path}/${name.replace(".img", "")}`, target]);
    }
  } finally {
    for (const device of devices) await runPeer("losetup", ["--detach", device]);
  }
});
