import { assert, assertEquals, assertMatch } from "@std/assert";
import { Errno } from "../../ffi/errno.ts";
import { assertOk } from "../support/assert_run.ts";
import { FAULTY_MOUNT_PEERS, FaultyMount } from "../support/faulty_mount.ts";
import { Place } from "../support/place.ts";
import { runClient } from "../support/run_client.ts";
import { testWithPeers } from "../support/with_peers.ts";

const BLOCK = 4096;

testWithPeers(
  "a file that cannot be read in the middle is filled there, and everything else is complete",
  FAULTY_MOUNT_PEERS,
  async () => {
    await using place = await Place.make(`
      head -c 300000 /dev/urandom > bad
      head -c 300000 /dev/urandom | tee before > zz-after
      head -c 9000000 /dev/urandom > large
      mkdir d; echo unseen > d/closed; echo seen > d/open
    `);
    const path = (name: string) => `${place.source}/${name}`;
    const kept = new Map<string, Uint8Array>();
    for (const name of ["bad", "before", "zz-after", "large"]) {
      kept.set(name, Deno.readFileSync(path(name)));
    }
    await using _mount = await FaultyMount.over(place.source, [
      { op: "read", path: "/bad", from: 20_000, to: 20_001, errno: Errno.EIO },
      { op: "read", path: "/bad", from: 200_000, to: 210_000, errno: Errno.EIO },
      { op: "read", path: "/large", from: 5_000_000, to: 5_000_001, errno: Errno.EACCES },
      { op: "open", path: "/d/closed", errno: Errno.EIO },
    ]);
    const run = await runClient(place.backupArguments());
    assertEquals(run.code, 0, run.stderr);
    const text = "Input/output error";
    assertMatch(
      run.stderr,
      new RegExp(
        `warning: cannot read file: "bad": ${text}, \\d+ bytes at offset \\d+ are replaced by zeros!`,
      ),
    );
    assertMatch(run.stderr, /warning: cannot read file: "large": Permission denied, \d+ bytes at/);
    assertMatch(run.stderr, new RegExp(`warning: cannot open file: "d/closed": ${text}, left out`));
    assertOk(await place.restore());
    for (const name of ["before", "zz-after"]) {
      assertEquals(Deno.readFileSync(`${place.out}/${name}`), kept.get(name));
    }
    assertEquals([...Deno.readDirSync(`${place.out}/d`)].map(({ name }) => name), ["open"]);
    for (const [name, gaps] of [["bad", [20_000, 200_000]], ["large", [5_000_000]]] as const) {
      const restored = Deno.readFileSync(`${place.out}/${name}`);
      const expected = kept.get(name)!;
      assertEquals(restored.length, expected.length);
      const wrong = [...restored.keys()].filter((i) => restored[i] !== expected[i]);
      assert(wrong.every((i) => restored[i] === 0));
      for (const gap of gaps) assertEquals(restored[gap], 0);
      if (name === "large") continue;
      // What can be read around the gaps is there: the kernel gives up at most some pages around.
      assert(wrong.length < 16 * BLOCK, `${wrong.length} bytes are lost`);
      assertEquals(restored.subarray(-BLOCK), expected.subarray(-BLOCK));
    }
  },
);

testWithPeers(
  "a directory that cannot be listed and a dead mount below the source are warnings",
  FAULTY_MOUNT_PEERS,
  async () => {
    await using place = await Place.make(`
      mkdir a dead stale unlisted z; echo 1 > a/1; echo 2 > unlisted/2; echo 3 > z/3
    `);
    await using _mount = await FaultyMount.over(place.source, [
      { op: "readdir", path: "/unlisted", errno: Errno.EIO },
      { op: "getattr", path: "/stale", errno: Errno.ESTALE },
      { op: "getattr", path: "/dead", errno: Errno.ENOTCONN },
    ]);
    const run = await runClient(place.backupArguments());
    assertEquals(run.code, 0, run.stderr);
    assertMatch(
      run.stderr,
      /warning: cannot list directory: "unlisted": Input\/output error, entries are missing/,
    );
    assertMatch(run.stderr, /warning: stale file handle, left out: "stale"/);
    assertMatch(
      run.stderr,
      /cannot \w+ file: "dead": Transport endpoint is not connected, left out/,
    );
    assertOk(await place.restore());
    assertEquals(
      [...Deno.readDirSync(place.out)].map(({ name }) => name).sort(),
      ["a", "unlisted", "z"],
    );
    assertEquals(Deno.readTextFileSync(`${place.out}/z/3`), "3\n");
  },
);

testWithPeers(
  "a mount whose process has died is left out below the source, and refused as the source",
  FAULTY_MOUNT_PEERS,
  async () => {
    await using place = await Place.make("mkdir a m z; echo 1 > a/1; echo 3 > z/3");
    await using mount = await FaultyMount.make(`${place.source}/a`, `${place.source}/m`, []);
    await mount.kill();
    const run = await runClient([...place.backupArguments(), "--all-file-systems"]);
    assertEquals(run.code, 0, run.stderr);
    assertMatch(run.stderr, /cannot \w+ file: "m": Transport endpoint is not connected, left out/);
    assertOk(await place.restore());
    assertEquals([...Deno.readDirSync(place.out)].map(({ name }) => name).sort(), ["a", "z"]);
    const refused = await runClient([
      ...["backup", `m.pxar:${place.source}/m`, ...place.at],
    ]);
    assert(refused.code !== 0);
    assertMatch(refused.stderr, /Transport endpoint is not connected/);
  },
);
