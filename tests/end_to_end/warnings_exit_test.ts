import { assertEquals, assertMatch } from "@std/assert";
import { assertFailure, assertOk } from "../support/assert_run.ts";
import { Place } from "../support/place.ts";
import { runClient, runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { NOBODY, UnprivilegedClient } from "../support/unprivileged_client.ts";
import { testWithPeers } from "../support/with_peers.ts";

testWithPeers("scripts learn of unreadable files by --warnings-exit", ["setpriv"], async () => {
  await using client = await UnprivilegedClient.make();
  const source = `${client.work}/source`;
  await runPeer("bash", [
    "-e",
    "-c",
    `mkdir ${source}; echo open > ${source}/open; echo closed > ${source}/closed
     chown ${NOBODY} ${source}; chmod 0600 ${source}/closed`,
  ]);
  let time = 1_700_000_000;
  const backup = (...options: string[]) =>
    client.run(
      "backup",
      `tree.pxar:${source}`,
      "--repository",
      client.store,
      "--init",
      "--backup-time",
      `${time++}`,
      ...options,
    );
  const plain = assertOk(await backup());
  assertMatch(plain.stderr, /"closed".*denied/);
  const told = await backup("--warnings-exit", "3");
  assertEquals(told.code, 3, told.stderr);
  assertEquals(told.stderr.includes("Error"), false, told.stderr);
  // The snapshot is there.
  assertMatch(told.stderr, /^End Time: /m);
  await runPeer("rm", ["-f", `${source}/closed`]);
  assertOk(await backup("--warnings-exit", "3"));
});

Deno.test("PBS_WARNINGS_EXIT is the exit code for want of the option, and is checked first", async () => {
  await using place = await Place.make("touch file");
  const args = (...options: string[]) => place.backupArguments("--exclude", "none", ...options);
  const run = (value: string, ...options: string[]) =>
    runClient(args(...options), { env: { PBS_WARNINGS_EXIT: value } });
  assertEquals((await run("9")).code, 9);
  // Whether they are shown or not.
  const quiet = await runClient(args(), { env: { PBS_WARNINGS_EXIT: "9", PBS_LOG: "error" } });
  assertEquals([quiet.code, quiet.stderr], [9, ""]);
  assertEquals((await run("9", "--warnings-exit", "0")).code, 0);
  assertEquals((await run("")).code, 0);
  for (const bad of ["x", "256", "-1"]) {
    const refused = await run(bad);
    assertFailure(refused, /PBS_WARNINGS_EXIT must be an exit code/);
    assertEquals(refused.stderr.split("\n").length, 2, "nothing was begun");
  }
  // A failure stays one, and who prints no warnings does not care.
  const failed = await runClient(args("--backup-time", "1"), { env: { PBS_WARNINGS_EXIT: "9" } });
  assertFailure(failed, /./);
  await runClientOk(["list", ...place.at], { env: { PBS_WARNINGS_EXIT: "x" } });
});

testWithPeers("attributes that no archive holds are said once in a run", ["setfattr"], async () => {
  await using place = await Place.make(`
    mkdir a b; touch a/one a/two b/three
    for file in a/one a/two b/three; do setfattr -n security.selinux -v some_t $file; done
    setfattr -n security.other -v x b; setfattr -n user.kept -v x b/three
  `);
  const { source } = place;
  const run = await runClientOk([
    "backup",
    `a.pxar:${source}/a`,
    `again.pxar:${source}/a`,
    `b.pxar:${source}/b`,
    ...place.at,
    "--init",
    "--warnings-exit",
    "9",
  ]);
  assertEquals(run.stderr.split("\n").filter((line) => line.includes("no archive holds")), [
    "extended attributes that no archive holds: security.selinux",
    "extended attributes that no archive holds: security.selinux, others of security.*",
  ]);
  const plain = await runClientOk([
    "backup",
    `c.pxar:${source}`,
    ...place.at,
    "--exclude",
    "*",
    "--backup-id",
    "plain",
  ]);
  assertEquals(plain.stderr.includes("no archive holds"), false);
});

Deno.test("a backup to where no server is fails at once", async () => {
  await using place = await Place.make("touch file");
  const run = await runClient(["backup", `tree.pxar:${place.source}`], {
    env: { PBS_REPOSITORY: "root@pam@127.0.0.1:1:store", PBS_PASSWORD: "secret" },
  });
  assertFailure(run, /127\.0\.0\.1:1/);
  assertEquals(run.stderr.includes("trying again"), false, run.stderr);
});

Deno.test("a backup tells what the datastore has grown by", async () => {
  await using place = await Place.make("head -c 3000000 /dev/urandom > file");
  const report = async (...options: string[]) => {
    const run = await runClientOk(place.backupArguments("--output-format", "json", ...options));
    const { archives } = JSON.parse(run.stdout);
    const tree = archives.find(({ filename }: { filename: string }) =>
      filename === "tree.pxar.didx"
    );
    return { sent: tree.sent, stored: tree.stored, line: /^Summary: .*$/m.exec(run.stderr)![0] };
  };
  const first = await report();
  assertEquals(first.sent > 3_000_000, true);
  assertEquals(first.stored, first.sent);
  // Another group knows no chunk, and stores none of them.
  const run = await runClientOk([
    "backup",
    `tree.pxar:${place.source}`,
    ...place.at,
    "--backup-id",
    "other",
    "--output-format",
    "json",
  ]);
  const [other] = JSON.parse(run.stdout).archives;
  assertEquals([other.sent > 3_000_000, other.stored], [true, 0], run.stdout);
  assertMatch(run.stderr, /^Summary: .* 2\.86\d MiB new, \d+(\.\d+)? K?i?B stored$/m);
});
