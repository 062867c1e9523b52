import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { formatSnapshotPath } from "../../lib/repository/mod.ts";
import { backUp } from "../support/back_up.ts";
import { Child } from "../support/child.ts";
import { Chance } from "../support/chance.ts";
import { repairStored } from "../support/repair_in_process.ts";
import { chunkFiles, hurt, open, RepairWorld } from "../support/repair_world.ts";
import { clientCommand, runClient, spawnClient } from "../support/run_client.ts";

function hurtSome(store: string, every: number, seed: number): string[] {
  const chance = new Chance(seed);
  const files = chunkFiles(store).filter((_, number) => number % every === 0);
  for (const name of files) hurt(`${store}/.chunks/${name}`, chance);
  return files;
}

Deno.test("repair: text, JSON and exit codes", async () => {
  await using world = await RepairWorld.make(["legacy", "disk"]);
  const damaged = await world.copy("damaged");
  const first = `${world.folder}/first`;
  const files = hurtSome(damaged, 4, 9);
  const repair = (...args: string[]) => runClient(["repair", "--repository", damaged, ...args]);

  const alone = await repair("host/legacy", "--dry-run", "--output-format", "json");
  assertEquals(alone.code, 255);
  assertMatch(alone.stderr, /Error: \d snapshots? (is|are) damaged/);
  const report = JSON.parse(alone.stdout);
  assertEquals(report.snapshots.length, 2);
  for (const snapshot of report.snapshots) {
    assertEquals([snapshot["backup-type"], snapshot["backup-id"]], ["host", "legacy"]);
    assertEquals(snapshot.state === "damaged", snapshot.lost.length > 0);
  }
  const [lost] = report.snapshots.flatMap(({ lost }: { lost: unknown[] }) => lost);
  assertEquals(Object.keys(lost).sort(), [
    "chunks",
    "entries",
    "extent",
    "filename",
    "ranges",
    "reason",
  ]);

  const looked = await repair("--from", first, "--dry-run");
  assertEquals(looked.code, 0, looked.stderr);
  assertMatch(looked.stdout, /can be made whole/);
  const healed = await repair("everything", "--from", first);
  assertEquals(healed.code, 0, healed.stderr);
  assertMatch(
    healed.stdout,
    new RegExp(`Snapshots: .* 0 damaged; ${files.length} chunks .* put in place, 0 lost`),
  );
  const nothing = await repair("--recorded", "--output-format", "json");
  assertEquals(JSON.parse(nothing.stdout).whole, 4);
});

Deno.test("repair: what makes no sense is refused before anything is done", async () => {
  await using world = await RepairWorld.make(["legacy"]);
  const store = `${world.folder}/first`;
  for (
    const [args, words] of [
      [["host/nobody"], "there is no snapshot to repair in host/nobody"],
      [["host/legacy/2020-01-01T00:00:00Z"], "there is no snapshot to repair in host/legacy"],
      [["nonsense"], "nonsense"],
      [["--from", `${world.folder}/nowhere`], "nowhere"],
      [["--from", store], "names the repository itself"],
      [["--source", "tree.pxar"], "tree.pxar"],
      [["--source", `tree.pxar:${world.folder}/nowhere`], "nowhere"],
      [["--chunk-size", "100"], "unsupported chunk size"],
      [["--keyfile", `${world.folder}/no-key`], "no-key"],
    ] as const
  ) {
    const { code, stderr } = await runClient(["repair", "--repository", store, ...args]);
    assertEquals(code, 255, args.join(" "));
    assertStringIncludes(stderr, words);
  }
});

Deno.test("repair: killed at random, it goes on with the next call", async () => {
  await using world = await RepairWorld.make();
  const damaged = await world.copy("damaged");
  hurtSome(damaged, 2, 12);
  const chance = new Chance(13);
  const args = ["repair", "--repository", damaged, "--from", `${world.folder}/first`];
  const taken: number[] = [];
  for (let kills = 0; kills < 3; kills++) {
    const child = spawnClient(args, { output: "piped" });
    const linesLeft = 2 + chance.below(12);
    taken.push(await killAfter(child, linesLeft));
  }
  assert(taken.some((count) => count > 0), "it was killed while it was at work");
  const end = await runClient(args);
  assertEquals(end.code, 0, end.stderr);
  await using repository = open(damaged);
  assert((await repository.verify({ namespace: "", ignoreVerified: false }, () => {})).ok);
  await using first = open(`${world.folder}/first`);
  assertEquals(
    (await repository.listSnapshots("")).length,
    (await first.listSnapshots("")).length,
  );
});

/** Kills a repair when it has told of so many chunks. @returns How many it has told of. */
async function killAfter(child: Deno.ChildProcess, lines: number): Promise<number> {
  let [text, taken] = ["", 0];
  const decoder = new TextDecoder();
  void child.stdout.cancel();
  for await (const bytes of child.stderr) {
    text += decoder.decode(bytes, { stream: true });
    taken = text.split("taken from").length - 1;
    if (taken < lines) continue;
    killIfThere(child, "SIGKILL");
    break;
  }
  await child.status;
  return taken;
}

/** Sends a signal to a process that may have been done before. */
function killIfThere(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}

Deno.test("repair: interrupted by a signal it says so, and ends by it", async () => {
  await using world = await RepairWorld.make(["legacy", "disk"]);
  const damaged = await world.copy("damaged");
  hurtSome(damaged, 2, 14);
  const [command, ...args] = clientCommand([
    "repair",
    "--repository",
    damaged,
    "--from",
    `${world.folder}/first`,
  ]);
  const child = new Deno.Command(command!, { args, stdout: "null", stderr: "piped" }).spawn();
  let text = "";
  for await (const bytes of child.stderr) {
    // Not twice: the second one would end it at once.
    if (text === "") killIfThere(child, "SIGINT");
    text += new TextDecoder().decode(bytes);
  }
  const status = await child.status;
  assert(status.signal === "SIGINT" || status.code === 0, text);
  const again = await runClient([
    "repair",
    "--repository",
    damaged,
    "--from",
    `${world.folder}/first`,
  ]);
  assertEquals(again.code, 0, again.stderr);
});

Deno.test("a repair, a backup and a garbage collection at the same time do each other no harm", async () => {
  await using world = await RepairWorld.make(["legacy", "split"]);
  const damaged = await world.copy("damaged");
  const [early, late] = world.snapshots;
  // The chunks of an index that is missing are garbage as long as it is.
  Deno.removeSync(`${damaged}/${formatSnapshotPath(early!.snapshot)}/tree.pxar.didx`);
  hurtSome(damaged, 3, 15);
  await using repository = open(damaged);
  await using backing = open(damaged);
  await using collecting = open(damaged);
  await using first = open(`${world.folder}/first`);
  const next = { ...late!.snapshot, id: "new" };
  const [end] = await Promise.all([
    repairStored(repository, { others: [first] }),
    backUp(backing, next, [`tree.pxar:${late!.source}/tree`]),
    collecting.garbageCollect(() => {}, undefined, 0),
  ]);
  assertEquals(end.report.snapshots.damaged, 0, end.lines.join("\n"));
  await collecting.garbageCollect(() => {}, undefined, 0);
  const lines: string[] = [];
  const { ok } = await repository.verify(
    { namespace: "", ignoreVerified: false },
    (line) => lines.push(line),
  );
  assert(ok, lines.join("\n"));
  assertEquals((await repository.listSnapshots("")).length, world.snapshots.length + 1);
});

Deno.test("while another process collects garbage a repair waits, and goes on then", async () => {
  await using world = await RepairWorld.make(["legacy"]);
  const damaged = await world.copy("damaged");
  hurtSome(damaged, 3, 16);
  await using holder = new Child("hold_lock.ts", [damaged, "collector"]);
  assertEquals(await holder.line(), "held");
  await using repository = open(damaged);
  await using first = open(`${world.folder}/first`);
  let killed: Promise<unknown> | undefined;
  const { report } = await repairStored(repository, { others: [first] }, (line) => {
    if (line.startsWith("waiting")) killed ??= holder.kill();
  });
  assert(killed !== undefined, "it did not wait");
  await killed;
  assertEquals(report.snapshots.damaged, 0);
});
