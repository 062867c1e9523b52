import { assertEquals, assertMatch } from "@std/assert";
import { assertFailure, assertOk } from "../support/assert_run.ts";
import { assertSameTree, TREE_PEERS } from "../support/compare_trees.ts";
import { runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { NOBODY, UnprivilegedClient } from "../support/unprivileged_client.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

testWithPeers("a user without privileges backs up and restores what is his", [
  ...TREE_PEERS,
  "setpriv",
  "setfattr",
  "setfacl",
], async () => {
  await using client = await UnprivilegedClient.make();
  const { work } = client;
  assertOk(
    await client.runAs([
      "bash",
      "-e",
      "-c",
      `umask 077; mkdir -p source/closed/deep source/open; cd source
       seq 1 300000 > numbers; echo secret > closed/deep/file; chmod 0400 closed/deep/file
       ln numbers open/hard; ln -s ../numbers open/link; mkfifo open/pipe
       setfattr -n user.note -v value numbers; setfacl -m u:1000:r open
       chmod 0500 closed/deep; chmod 0755 open; touch -d 2001-01-01 open`,
    ]),
  );
  const at = ["--repository", client.store, "--backup-id", "mine"];
  const backup = (time: number) =>
    client.run(
      "backup",
      `tree.pxar:${work}/source`,
      `numbers.img:${work}/source/numbers`,
      ...at,
      "--init",
      "--backup-time",
      `${time}`,
    );
  assertOk(await backup(1_700_000_000));
  assertOk(await backup(1_700_000_100));
  const store = ["--repository", client.store];
  assertOk(await client.run("restore", "host/mine", "tree.pxar", `${work}/restored`, ...store));
  await assertSameTree(`${work}/source`, `${work}/restored`);
  // Over itself, into directories that are read-only.
  assertOk(
    await client.run(
      "restore",
      "host/mine",
      "tree.pxar",
      `${work}/restored`,
      ...store,
      "--allow-existing-dirs",
      "--overwrite",
    ),
  );
  await assertSameTree(`${work}/source`, `${work}/restored`);
  assertOk(await client.run("restore", "host/mine", "numbers.img", `${work}/image`, ...store));
  assertEquals(await runPeer("cmp", [`${work}/image`, `${work}/source/numbers`]), "");
  assertOk(await client.run("prune", "host/mine", ...store, "--keep-last", "1"));
  assertOk(await client.run("garbage-collect", ...store));
  assertOk(await client.run("datastore", "verify", client.store));
  const list = assertOk(await client.run("snapshot", "list", ...store, "--output-format", "json"));
  assertEquals(JSON.parse(list.stdout).length, 1);
  // Everything in the datastore is his.
  const others = await runPeer("find", [client.store, "!", "-uid", `${NOBODY}`]);
  assertEquals(others, "");
});

testWithPeers("a user without privileges cannot give files away, but may do without", [
  "setpriv",
], async () => {
  await using client = await UnprivilegedClient.make();
  const { work } = client;
  const source = `${work}/source`;
  await runPeer("bash", [
    "-e",
    "-c",
    `mkdir -p ${source}/sub; echo theirs > ${source}/theirs; echo mine > ${source}/sub/mine
     chown -R ${NOBODY}:${NOBODY} ${source}; chown 77:78 ${source}/theirs; chmod 4755 ${source}/theirs
     mknod ${source}/null c 1 3`,
  ]);
  const store = ["--repository", client.store];
  await runClientOk(["backup", `tree.pxar:${source}`, ...store, "--init", "--backup-id", "root"]);
  await runPeer("chown", ["-R", `${NOBODY}:${NOBODY}`, client.store]);
  const restore = (target: string, ...options: string[]) =>
    client.run("restore", "host/root", "tree.pxar", `${work}/${target}`, ...store, ...options);

  const plain = await restore("plain", "--ignore-extract-device-errors");
  assertFailure(plain, /owner.*theirs"?: Operation not permitted/);
  // What can be restored is.
  assertEquals(await Deno.readTextFile(`${work}/plain/theirs`), "theirs\n");
  assertEquals(await Deno.readTextFile(`${work}/plain/sub/mine`), "mine\n");
  // A program that runs as somebody is not made to run as somebody else.
  const { mode, uid } = Deno.statSync(`${work}/plain/theirs`);
  assertEquals(uid, NOBODY);
  assertEquals(mode! & 0o777, 0o755);

  assertFailure(await restore("devices", "--ignore-ownership"), /null"?: Operation not permitted/);
  assertOk(await restore("all", "--ignore-ownership", "--ignore-extract-device-errors"));
  assertEquals(await Deno.readTextFile(`${work}/all/theirs`), "theirs\n");
  assertEquals(Deno.statSync(`${work}/all/theirs`).uid, NOBODY);
});

testWithPeers("a user without privileges is told which option leaves out what only root may set", [
  "setpriv",
  "setcap",
  "chattr",
], async () => {
  await using client = await UnprivilegedClient.make();
  const { work } = client;
  const source = `${work}/source`;
  await runPeer("bash", [
    "-e",
    "-c",
    `mkdir ${source}; cd ${source}; echo capable > capable; echo sealed > sealed
     chown -R ${NOBODY}:${NOBODY} .; setcap cap_net_raw=ep capable; chattr +i sealed`,
  ]);
  const store = ["--repository", client.store];
  await runClientOk(["backup", `tree.pxar:${source}`, ...store, "--init", "--backup-id", "root"]);
  await runPeer("chown", ["-R", `${NOBODY}:${NOBODY}`, client.store]);
  const restore = (target: string, ...options: string[]) =>
    client.run("restore", "host/root", "tree.pxar", `${work}/${target}`, ...store, ...options);
  const plain = await restore("plain");
  assertFailure(
    plain,
    /capabilities of .*capable": Operation not permitted \(--ignore-fcaps leaves/,
  );
  assertFailure(plain, /flags of .*sealed": Operation not permitted \(--ignore-flags leaves/);
  assertFailure(await restore("half", "--ignore-fcaps"), /sealed/);
  assertOk(await restore("all", "--ignore-fcaps", "--ignore-flags"));
  assertEquals(await Deno.readTextFile(`${work}/all/sealed`), "sealed\n");
});

testWithPeers("a user without privileges gets one clear line where he may not", [
  "setpriv",
], async () => {
  await using client = await UnprivilegedClient.make();
  const { work } = client;
  await runPeer("bash", [
    "-e",
    "-c",
    `mkdir -p ${work}/source/closed ${work}/theirs; cd ${work}/source
     echo open > open; echo closed > closed/file; echo closed > file; chmod 0600 file; chmod 0700 closed
     chmod 0755 ${work}/theirs; chown ${NOBODY} ${work}/source`,
  ]);
  const own = ["--repository", client.store, "--backup-id", "mine"];
  const run = assertOk(await client.run("backup", `tree.pxar:${work}/source`, ...own, "--init"));
  // Two runs may fall into one second.
  const later = ["--backup-time", "4000000000"];
  assertMatch(run.stderr, /"closed".*denied/);
  assertMatch(run.stderr, /"file".*denied/);
  assertFailure(
    await client.run("backup", `file.conf:${work}/source/file`, ...own, ...later),
    /source\/file.*Permission denied/,
  );
  assertFailure(await client.run("datastore", "init", `${work}/theirs/store`), /Permission denied/);

  // A datastore that belongs to somebody else.
  await using memory = await TempDir.make("/dev/shm");
  await Deno.chmod(memory.path, 0o755);
  const theirs = ["--repository", `${memory.path}/store`];
  await runClientOk(["backup", `tree.pxar:${work}/source`, ...theirs, "--init"]);
  assertFailure(
    await client.run("backup", `tree.pxar:${work}/source`, ...theirs, ...later),
    /Permission denied/,
  );
  assertFailure(
    await client.run("backup", `tree.pxar:${work}/source`, "--repository", "/root/store"),
    /\/root\/store/,
  );
  assertFailure(
    await client.run("restore", "host/mine", "tree.pxar", `${work}/theirs/out`, ...own.slice(0, 2)),
    /theirs\/out.*Permission denied/,
  );
  assertEquals([...Deno.readDirSync(`${work}/theirs`)], []);
});
