import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertOk } from "../support/assert_run.ts";
import { runClient } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const REFUSALS = ["--chown-deny", "--chgrp-deny", "--chmod-deny"];
/** As an NFS server does that trusts no superuser. */
const SQUASHED = ["--create-for-user=nobody", "--create-for-group=nogroup"];

testWithPeers(
  "a share that lets nothing be given away holds a datastore, and what it refuses is said once",
  ["bindfs", "fusermount"],
  async () => {
    for (const options of [REFUSALS, [...REFUSALS, ...SQUASHED]]) {
      await using dir = await TempDir.make("/dev/shm");
      const [behind, share, source] = ["behind", "share", "source"].map((n) => `${dir.path}/${n}`);
      for (const path of [behind, share, source]) await Deno.mkdir(path!);
      for (let i = 0; i < 20; i++) await Deno.writeTextFile(`${source}/${i}`, `content ${i}`);
      await runPeer("bindfs", [...options, behind!, share!]);
      await using _mounted = {
        [Symbol.asyncDispose]: async () => void await runPeer("fusermount", ["-u", "-z", share!]),
      };
      const at = ["--repository", `${share}/store`];
      const backup = (time: number) =>
        runClient([
          ...["backup", `t.pxar:${source}`, "--backup-id", "t", "--backup-time", `${time}`],
          ...at,
        ]);
      const init = assertOk(await runClient(["datastore", "init", `${share}/store`]));
      const told = init.stderr.match(/file system does not let "/g) ?? [];
      assertEquals(told.length, 1, init.stderr);
      const first = assertOk(await backup(1_700_000_000));
      // Files belong to whom the folder does. Modes may differ, by the umask of who runs the tests.
      assert(!first.stderr.includes("given away"), first.stderr);
      assert((first.stderr.match(/does not let modes/g) ?? []).length <= 1, first.stderr);
      assertOk(await backup(1_700_000_100));
      const out = `${dir.path}/out`;
      assertOk(await runClient(["restore", "host/t", "t.pxar", out, ...at]));
      await runPeer("diff", ["-r", source!, out]);
      assertOk(await runClient(["prune", "host/t", "--keep-last", "1", ...at]));
      assertOk(await runClient(["garbage-collect", ...at]));
      assertOk(await runClient(["datastore", "verify", `${share}/store`]));
      const list = assertOk(
        await runClient(["snapshot", "list", ...at, "--output-format", "json"]),
      );
      assertEquals(JSON.parse(list.stdout).length, 1);
    }
  },
);

testWithPeers(
  "a backup says once that files do not get the owner of the datastore",
  ["bindfs", "fusermount"],
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    const [behind, share, source] = ["behind", "share", "source"].map((name) =>
      `${dir.path}/${name}`
    );
    for (const path of [behind, share, source]) await Deno.mkdir(path!);
    await Deno.writeTextFile(`${source}/f`, "content");
    assertOk(await runClient(["datastore", "init", `${behind}/store`]));
    await Deno.chown(`${behind}/store`, 1234, 1234);
    await runPeer("bindfs", ["--chown-deny", "--chgrp-deny", behind!, share!]);
    try {
      const run = assertOk(
        await runClient(["backup", `t.pxar:${source}`, "--repository", `${share}/store`]),
      );
      const lines = run.stderr.split("\n").filter((line) => line.includes("given away"));
      assertEquals(lines.length, 1, run.stderr);
      assertMatch(lines[0]!, /new ones of the datastore belong to 0:0, not to 1234:1234/);
    } finally {
      await runPeer("fusermount", ["-u", "-z", share!]);
    }
  },
);
