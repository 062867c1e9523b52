import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runClient, runClientOk } from "../support/run_client.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";

async function withSource(
  body: (world: {
    dir: TempDir;
    backUp: (id: string, time: number) => Promise<void>;
    sync: (...words: string[]) => ReturnType<typeof runClient>;
  }) => Promise<void>,
): Promise<void> {
  await using dir = await TempDir.make("/dev/shm");
  const env = { PBS_REPOSITORY: `${dir.path}/source`, COLUMNS: "200" };
  await Deno.mkdir(`${dir.path}/data`);
  const backUp = async (id: string, time: number) => {
    await Deno.writeTextFile(`${dir.path}/data/file`, `${id} ${time}`);
    const words = [`--backup-id=${id}`, `--backup-time=${time}`, "--init"];
    await runClientOk(["backup", `a.pxar:${dir.path}/data`, ...words], { env });
  };
  await body({ dir, backUp, sync: (...words) => runClient(["sync", ...words], { env }) });
}

Deno.test("sync keeps a directory equal, and tells what it does, or would do, or cannot do", () =>
  withSource(async ({ dir, backUp, sync }) => {
    await backUp("web", 100);
    await backUp("web", 200);
    await backUp("mail", 100);
    const target = `${dir.path}/target`;
    const to = [`--to=${target}`, "--init"];
    for (
      const [words, message] of [
        [to.slice(0, 1), /there is no folder ".*\/target" for a datastore/],
        [[...to, "--map-owner=joe"], /--map-owner "joe": expected FROM=TO/],
        [[...to, "--group-filter=regex:("], /filter "regex:\(": the expression is not valid/],
        [[`--to=${dir.path}/source`], /source and target of the sync overlap/],
      ] as const
    ) {
      const { code, stderr } = await sync(...words);
      assertEquals(code, 255, stderr);
      assertMatch(stderr, message);
    }
    assertEquals((await sync(...to)).code, 0);
    await runClientOk(["snapshot", "forget", "host/web/1970-01-01T00:01:40Z"], {
      env: { PBS_REPOSITORY: `${dir.path}/source` },
    });
    await backUp("web", 300);
    const options = [...to, "--remove-vanished"];
    const dry = await sync(...options, "--dry-run");
    assertMatch(dry.stdout, /^host\/web\/1970-01-01T00:05:00Z: would be copied \(.*\)$/m);
    assertMatch(dry.stdout, /^host\/web\/1970-01-01T00:01:40Z: would be removed$/m);
    assertStringIncludes(dry.stdout, "Would do: 2 groups in 1 namespace, 1 copied, 1 removed");
    const done = await sync(...options, "--output-format=json");
    assertEquals(done.code, 0, done.stderr);
    const report = JSON.parse(done.stdout);
    assertEquals([report.copied, report.removed, report.failed], [1, 1, 0]);
    assertEquals(report.outcomes.map((each: Record<string, unknown>) => each.action), [
      "copy",
      "remove",
    ]);
    const again = await sync(...options);
    assertMatch(again.stdout, /^Sync: 2 groups in 1 namespace, 0 copied, 0 failed; 0 chunks/);
    await runClientOk(["datastore", "verify", target]);
  }));

Deno.test("sync brings snapshots to a server and back, where groups belong to whom it logs in as", () =>
  withSource(async ({ dir, backUp, sync }) => {
    await backUp("web", 100);
    await backUp("mail", 100);
    await using served = await TempDir.make("/dev/shm");
    await using server = await ServerProcess.start({ dir: served });
    const { PBS_REPOSITORY, PBS_PASSWORD, PBS_FINGERPRINT } = server.clientEnvironment;
    const there = { PBS_TO_PASSWORD: PBS_PASSWORD!, PBS_TO_FINGERPRINT: PBS_FINGERPRINT! };
    const push = (...words: string[]) =>
      runClient(["sync", `--to=${PBS_REPOSITORY}`, "--to-ns=copies", ...words], {
        env: { PBS_REPOSITORY: `${dir.path}/source`, ...there },
      });
    const refused = await push("--owner=joe@pbs");
    assertEquals(refused.code, 255);
    assertStringIncludes(refused.stderr, "are for datastore directories");
    const pushed = await push();
    assertEquals(pushed.code, 0, pushed.stderr);
    const back = await runClientOk(
      ["sync", `--to=${dir.path}/back`, "--init", "--ns=copies", "--to-ns=", "--owner=joe@pbs"],
      { env: server.clientEnvironment },
    );
    assertStringIncludes(back.stdout, "2 copied, 0 failed");
    const { stdout } = await runClientOk(["list", "--output-format=json"], {
      env: { PBS_REPOSITORY: `${dir.path}/back` },
    });
    const owners = JSON.parse(stdout).map(({ owner }: { owner: string }) => owner);
    assertEquals(owners, ["joe@pbs", "joe@pbs"]);
    await runClientOk(["datastore", "verify", `${dir.path}/back`]);
    assertEquals((await sync(`--to=${dir.path}/back`, "--owner=ann@pbs")).code, 255);
  }));
