import { assert, assertEquals, assertMatch } from "@std/assert";
import { Errno } from "../../ffi/errno.ts";
import { Datastore } from "../../lib/datastore/mod.ts";
import { assertOk } from "../support/assert_run.ts";
import { type Fault, FAULTY_MOUNT_PEERS, FaultyMount } from "../support/faulty_mount.ts";
import { type ClientRun, runClient, runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const CASES: readonly { readonly fault: Fault; readonly words: RegExp }[] = [
  {
    fault: { op: "fsync", path: "*/index.json.blob.tmp_*", errno: Errno.EIO, times: 1 },
    words:
      /cannot write "host\/t\/[^"]*\/index.json.blob" in datastore "[^"]*": Input\/output error/,
  },
  {
    fault: { op: "flush", path: "*.tmp_didx", errno: Errno.EDQUOT, times: 1 },
    words: /cannot write "host\/t\/[^"]*\.tmp_didx" in datastore "[^"]*": Disk quota exceeded/,
  },
  {
    fault: { op: "flush", path: "/.chunks/*", errno: Errno.EIO, times: 1 },
    words: /cannot write chunk [0-9a-f]{64}: Input\/output error/,
  },
  {
    fault: { op: "write", path: "/.chunks/*", errno: Errno.ENOSPC, times: 1 },
    words: /cannot write chunk [0-9a-f]{64}: No space left on device/,
  },
];

function backup(store: string, source: string, time: number, under?: string[]): Promise<ClientRun> {
  const specs = ["backup", `t.pxar:${source}`, "--repository", store];
  const options = under === undefined ? {} : { under };
  return runClient([...specs, "--backup-id", "t", "--backup-time", `${time}`], options);
}

async function snapshots(store: string): Promise<unknown[]> {
  const list = ["snapshot", "list", "--repository", store, "--output-format", "json"];
  return JSON.parse((await runClientOk(list)).stdout);
}

async function makeSource(dir: TempDir): Promise<string> {
  const source = `${dir.path}/source`;
  await Deno.mkdir(source);
  await runPeer("sh", ["-c", `head -c 3000000 /dev/urandom > "$0/file"`, source]);
  return source;
}

testWithPeers(
  "a backup of which one write failed ends with an error and leaves no snapshot",
  FAULTY_MOUNT_PEERS,
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    const source = await makeSource(dir);
    let time = 1_700_000_000;
    for (const { fault, words } of CASES) {
      const store = `${dir.path}/store-${time}`;
      Datastore.create(store, { chunkFoldersOnDemand: true })[Symbol.dispose]();
      await using _mount = await FaultyMount.over(store, [fault]);
      const run = await backup(store, source, time++);
      assert(run.code !== 0, `${fault.op} of ${fault.path} failed: ${run.stderr}`);
      assertMatch(run.stderr, words);
      assertEquals(await snapshots(store), []);
      assertOk(await backup(store, source, time++));
      assertEquals((await snapshots(store)).length, 1);
      await runClientOk(["datastore", "verify", store]);
    }
  },
);

testWithPeers("a failed sync ends a backup, and is not tried again", ["strace"], async () => {
  await using dir = await TempDir.make("/dev/shm");
  const source = await makeSource(dir);
  for (const call of ["syncfs", "fsync"]) {
    const store = `${dir.path}/store-${call}`;
    Datastore.create(store, { chunkFoldersOnDemand: true })[Symbol.dispose]();
    const snapshot = "host/t/2023-11-14T22:13:20Z";
    const log = `${dir.path}/log`;
    // Of fsync the one of the snapshot's folder, after its manifest was put in place.
    const path = call === "fsync" ? `${store}/${snapshot}` : store;
    const run = await backup(store, source, 1_700_000_000, [
      ...["strace", "-f", "-q", "-o", log, "-P", path, "-e", `trace=${call}`],
      ...["-e", `inject=${call}:error=EIO:when=1`],
    ]);
    assert(run.code !== 0, run.stderr);
    assertMatch(run.stderr, /cannot sync "[^"]*" in datastore "[^"]*": Input\/output error/);
    const calls = (await Deno.readTextFile(log)).split("\n").filter((line) =>
      line.includes(`${call}(`)
    );
    assertEquals(calls.length, 1, calls.join("\n"));
    assertEquals(await snapshots(store), []);
  }
});
