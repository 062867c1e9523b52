import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { lockMaintenance } from "../../lib/maintenance/maintenance_lock.ts";
import { fakeRepository, fakeTasks, runInProcess } from "../support/cli_in_process.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { damageChunk } from "../support/maintain_store.ts";
import { makeChunk, writeSnapshot } from "../support/target_conformance.ts";

const TIME = 1700000000;

Deno.test("`maintain` reports as text and as JSON, and its exit code tells how it ended", () =>
  withLocalRepository(async (repository) => {
    const { path } = repository.datastore;
    const run = (...options: string[]) =>
      runInProcess(["maintain", "--repository", path, ...options], { TZ: "UTC" });
    const chunk = await makeChunk(1, 1000);
    for (const time of [TIME, TIME + 1]) {
      await writeSnapshot(repository, { type: "host", id: "a", time }, [chunk]);
    }
    const dry = await run("--keep-last=1", "--dry-run", "--quiet");
    assertEquals(dry, {
      code: 0,
      stderr: "",
      stdout: "prune: ok; groups 1, removed 1, kept 1, protected 0, in use 0\n" +
        "garbage-collection: ok\n" +
        "verify: ok; due 2\n" +
        `Maintenance: ok, complete, ${/(\S+)\n$/.exec(dry.stdout)![1]}\n`,
    });
    const json = await run("--keep-last=1", "--skip=garbage-collection", "--output-format=json");
    const report = JSON.parse(json.stdout);
    assertEquals([json.code, report.state, report.complete], [0, "ok", true]);
    assertEquals(report.steps[0]["removed-snapshots"], ["host/a/2023-11-14T22:13:20Z"]);
    assertEquals(report.steps[2], {
      step: "verify",
      state: "ok",
      due: 1,
      verified: 1,
      failed: 0,
      skipped: 0,
    });
    assertStringIncludes(json.stderr, "verify: begins\n");
    {
      await using _reader = await repository.openSnapshot("", {
        type: "host",
        id: "a",
        time: TIME + 1,
      });
      await writeSnapshot(repository, { type: "host", id: "a", time: TIME + 2 }, [chunk]);
      const warned = await run("--keep-last=1", "--skip=garbage-collection", "--warnings-exit=3");
      assertEquals(warned.code, 3, warned.stderr);
      assertStringIncludes(warned.stdout, "prune: warnings; ");
    }
    const left = await run("--for=0", "--output-format=json");
    assertEquals([left.code, JSON.parse(left.stdout).complete], [0, false]);
    {
      using _lock = await lockMaintenance(repository.datastore);
      const second = await run();
      assertEquals([second.code, second.stdout], [255, ""]);
      assertStringIncludes(second.stderr, `is being maintained by process ${Deno.pid}`);
    }
    damageChunk(repository, chunk.digest);
    const bad = await run("--sample=100%", "--skip=garbage-collection", "--output-format=json");
    assertEquals(bad.code, 255);
    assertStringIncludes(bad.stderr, "Error: maintenance failed: verify failed; bad snapshots: ");
    const found = JSON.parse(bad.stdout);
    assertEquals(found["bad-chunks"].length, 1);
    assertEquals(
      found["bad-chunks"][0].snapshots,
      found["bad-snapshots"].map(({ snapshot }: { snapshot: string }) => snapshot),
    );
  }));

Deno.test("`maintain` refuses what is no share, no filter, no step, and a cutoff on a server", async () => {
  const repository = fakeRepository({
    displayName: "server",
    tasks: fakeTasks({}),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
  const repositories = { open: () => Promise.resolve(repository) };
  for (
    const [option, word] of [
      ["--sample=0", "sample"],
      ["--sample=101%", "sample"],
      ["--sample=half", "sample"],
      ["--for=soon", "for"],
      ["--skip=sleep", "skip"],
      ["--group-filter=web1", 'group filter "web1"'],
      ["--cutoff=0", "--cutoff is for datastore directories"],
    ] as const
  ) {
    const { code, stdout, stderr } = await runInProcess(
      ["maintain", "--repository", "host:store", option],
      {},
      repositories,
    );
    assertEquals([code, stdout], [255, ""]);
    assert(stderr.includes(word), stderr);
  }
});
