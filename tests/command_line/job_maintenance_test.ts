import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Datastore } from "../../lib/datastore/mod.ts";
import { lockMaintenance } from "../../lib/maintenance/maintenance_lock.ts";
import { assertOk } from "../support/assert_run.ts";
import { JobsWorld } from "../support/jobs_world.ts";
import { Webhook } from "../support/webhook.ts";
import { spawnClient } from "../support/run_client.ts";
import { chunkFiles } from "../support/repair_world.ts";

Deno.test("a job maintains what it backs up into, one without sources fails if a chunk is bad", async () => {
  await using world = await JobsWorld.make();
  await using webhook = new Webhook<{ readonly outcome: string; readonly summary: string }>();
  const told = webhook.messages;
  await world.write(`
[alerts.hook]
type = "webhook"
url = "${webhook.url}"
[jobs.both]
# Two snapshots of a group cannot have the same second.
hooks.before = ["sleep 1"]
keep-last = 2
maintain.keep-last = 1
[jobs.weekly]
sources = []
alerts = ["hook"]
hooks.on-failure = ["echo $PBS_JOB_ERROR >$HOME/failed"]
maintain.ignore-verified = false
schedule = "weekly"
`);
  const shown = assertOk(await world.run("job", "show", "both", "--output-format", "json")).stdout;
  const lines: { words: string[] }[] = JSON.parse(shown).commands;
  assertEquals(lines.map(({ words }) => words[0]), ["backup", "prune", "maintain"]);
  assertOk(await world.run("job", "run", "both"));
  const both = assertOk(await world.run("job", "run", "both"));
  // Its own rule keeps two, that of the maintenance one.
  assertEquals(world.snapshots("one").length, 1, both.stderr);
  assertEquals(
    world.record("both")?.summary,
    `1 of 1 snapshots (host/box/${world.snapshots("one")[0]}); maintained`,
  );
  assertOk(await world.run("job", "run", "weekly"));
  assertEquals([world.record("weekly")?.summary, told], ["maintained", []]);
  for (const name of chunkFiles(`${world.path}/one`)) {
    const path = `${world.path}/one/.chunks/${name}`;
    const bytes = await Deno.readFile(path);
    bytes[bytes.length >> 1]! ^= 1;
    await Deno.writeFile(path, bytes);
  }
  const run = await world.run("job", "run", "weekly");
  assertEquals(run.code, 255, run.stderr);
  assertStringIncludes(run.stderr, 'Job "weekly": failed: not maintained; repository "one": ');
  const [repository] = world.record("weekly")!.repositories;
  assertMatch(repository!.problem!, /^maintain: verify failed; bad snapshots: 1/);
  assertStringIncludes(await world.text("failed"), "maintain: verify failed; bad snapshots: 1");
  assertEquals(told.map(({ outcome }) => outcome), ["failed"]);
  // The outcome is not said twice.
  assertMatch(told[0]!.summary, /^not maintained; repository "one": maintain: verify failed/);
  const listed = assertOk(await world.run("job", "list", "--output-format", "json")).stdout;
  const weekly = JSON.parse(listed)[1];
  assertEquals([weekly.name, weekly.last.outcome, weekly.newest], ["weekly", "failed", []]);
  assert(weekly.next > Date.now() / 1000);
});

Deno.test("a signal ends a maintenance, and the next run goes on", async () => {
  await using world = await JobsWorld.make();
  await world.write(`
[jobs.weekly]
repositories = ["one", "two"]
sources = []
maintain.lock-wait = "1h"
hooks.on-failure = ["echo $PBS_JOB_ERROR >$HOME/failed"]
`);
  {
    using datastore = Datastore.open(`${world.path}/one`);
    using _lock = await lockMaintenance(datastore);
    const words = ["job", "run", "weekly", "--config", world.file];
    const child = spawnClient(words, { env: world.env, output: "piped" });
    let text = "";
    for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
      const isWaiting = text.includes("waiting up to");
      text += part;
      if (!isWaiting && text.includes("waiting up to")) child.kill("SIGTERM");
    }
    await child.stdout.cancel();
    assertEquals((await child.status).signal, "SIGTERM", text);
  }
  const { repositories } = world.record("weekly")!;
  assertEquals(repositories, [
    {
      name: "one",
      outcome: "failed",
      problem: "maintain: ended by a signal, the next run goes on",
    },
    { name: "two", outcome: "skipped" },
  ]);
  assertStringIncludes(await world.text("failed"), "was ended by a signal");
  assertOk(await world.run("job", "run", "weekly"));
  assertEquals(world.record("weekly")?.summary, "maintained");
});
