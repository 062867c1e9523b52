// `check` over a directory and a server: its line, its exit codes, and what it judges by.

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type InProcessRun, runInProcess } from "../support/cli_in_process.ts";
import { runRemote, runRemoteOk } from "../support/remote_command.ts";
import { TestServer } from "../support/test_server.ts";

const HOUR = 3600;

type Runner = (args: readonly string[]) => Promise<InProcessRun>;

/** What the line says before the performance data. */
function textOf({ code, stdout }: InProcessRun): string {
  assertMatch(stdout, /^[^\n]*\n$/);
  return `${code} ${stdout.split(" | ")[0]!.trimEnd()}`;
}

async function backUp(server: TestServer, id: string, hours: number, ns = ""): Promise<void> {
  const time = Math.floor(Date.now() / 1000) - hours * HOUR;
  await Deno.mkdir(`${server.dir.path}/tree`, { recursive: true });
  await Deno.writeTextFile(`${server.dir.path}/tree/file`, `${id} ${hours} ${ns}`);
  await runRemoteOk(server, [
    ...["backup", `a.pxar:${server.dir.path}/tree`, `--backup-id=${id}`, `--ns=${ns}`],
    `--backup-time=${time}`,
  ]);
}

/** Overwrites every chunk that some snapshot uses. */
function damageChunks(folder: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) damageChunks(`${folder}/${name}`);
    else if (/^[0-9a-f]{64}$/.test(name)) Deno.writeTextFileSync(`${folder}/${name}`, "damaged");
  }
}

Deno.test("check tells a monitoring system how old the backups are", async () => {
  await using server = await TestServer.start();
  const local: Runner = (args) =>
    runInProcess(args, { PBS_REPOSITORY: server.datastorePath, TZ: "UTC" });
  const served: Runner = (args) => runRemote(server, args);
  for (const run of [local, served]) {
    assertEquals(textOf(await run(["check"])), "2 BACKUP CRITICAL: there is no backup at all");
  }
  await backUp(server, "new", 1);
  await backUp(server, "old", 50);
  await backUp(server, "old", 30);
  await runRemoteOk(server, ["namespace", "create", "site"]);
  await backUp(server, "new", 3, "site");
  for (const run of [local, served]) {
    const cases: [string[], string][] = [
      [["host/new"], "0 BACKUP OK: 1 group, newest snapshots at most 1h old"],
      [[], "2 BACKUP CRITICAL: 1 of 3 groups: host/old newest snapshot is 1d6h old"],
      [["--ns=site"], "0 BACKUP OK: 1 group, newest snapshots at most 3h old"],
      [["--max-age=40h"], "0 BACKUP OK: 3 groups, newest snapshots at most 1d6h old"],
      [
        ["--max-age=40h", "--warn-age=2h"],
        "1 BACKUP WARNING: 2 of 3 groups: host/old newest snapshot is 1d6h old; " +
        "site:host/new newest snapshot is 3h old",
      ],
      [
        ["host/new", "host/none"],
        "2 BACKUP CRITICAL: 1 of 2 groups: host/none has no finished snapshot",
      ],
      [
        ["host/old", "--max-age=40h", "--warn-verify-age=2d"],
        "1 BACKUP WARNING: 1 of 1 group: host/old not verified for 2d2h",
      ],
      [
        ["host/old", "--max-age=40h", "--max-verify-age=2d"],
        "2 BACKUP CRITICAL: 1 of 1 group: host/old not verified for 2d2h",
      ],
    ];
    for (const [args, text] of cases) assertEquals(textOf(await run(["check", ...args])), text);
    assertMatch(
      (await run(["check", "--warn-age=1d"])).stdout,
      / \| groups=3 failed_verifications=0 oldest_age=108\d{3}s;86400;93600;0 .*'site:host\/new'=/,
    );
    const { code, stdout } = await run(["check", "host/old", "--output-format=json"]);
    const { status, groups: [group] } = JSON.parse(stdout);
    assertEquals([code, status, group["backup-count"], group.status], [
      2,
      "critical",
      2,
      "critical",
    ]);
  }
  await runRemoteOk(server, ["datastore", "verify"]);
  assertEquals((await local(["check", "--max-age=40h", "--max-verify-age=1h"])).code, 0);
  damageChunks(`${server.datastorePath}/.chunks`);
  await runRemote(server, ["datastore", "verify"]);
  assertStringIncludes(
    textOf(await served(["check", "host/old", "--max-age=40h"])),
    "2 BACKUP CRITICAL: 1 of 1 group: host/old verification of 2 snapshots failed",
  );
});

Deno.test("check ends with 3 where it cannot know", async () => {
  const run = (args: string[], env = {}) => runInProcess(args, { TZ: "UTC", ...env });
  const missing = await run(["check"], { PBS_REPOSITORY: "/nonexistent/a|b" });
  assertMatch(textOf(missing), /^3 BACKUP UNKNOWN: there is no folder "\/nonexistent\/a\/b"/);
  assertEquals((await run(["check", "--max-age=soon"])).code, 3);
  assertMatch(textOf(await run(["check"])), /^3 BACKUP UNKNOWN: /);
});
