// Each system call that a repair makes on the damaged datastore fails once.
import { assert, assertEquals } from "@std/assert";
import { formatSnapshotPath } from "../../../lib/repository/mod.ts";
import { classesOf, matrixOf } from "../../support/fail_calls/call_classes.ts";
import {
  type FailCalls,
  type FailingCall,
  parseCalls,
} from "../../support/fail_calls/fail_calls.ts";
import { repairStored } from "../../support/repair_in_process.ts";
import { chunkFiles, open, RepairWorld, run } from "../../support/repair_world.ts";
import { type ClientRun, runClient } from "../../support/run_client.ts";
import { faultExtent, runFaults, withFailCalls } from "./run_faults.ts";

/** Calls that the sample has: those after which something may be half done. */
const CHANGING = /^(pwrite|write|rename|fsync|syncfs|unlink|utimensat|fcntl-lock|openat-create)/;

/** Damages the newest snapshot: an index, a small file, the manifest, and some chunks. */
function damage(store: string, { snapshots }: RepairWorld): void {
  const folder = `${store}/${formatSnapshotPath(snapshots[1]!.snapshot)}`;
  Deno.removeSync(`${folder}/tree.pxar.didx`);
  Deno.truncateSync(`${folder}/app.conf.blob`, 40);
  Deno.truncateSync(`${folder}/index.json.blob`, 50);
  const [missing, empty, ...rotten] = chunkFiles(store).slice(0, 4).map((name) =>
    `${store}/.chunks/${name}`
  );
  Deno.removeSync(missing!);
  Deno.truncateSync(empty!, 0);
  for (const path of rotten) Deno.truncateSync(path, 100);
}

async function runWatched(
  fail: FailCalls,
  world: RepairWorld,
  root: string,
  failing: readonly FailingCall[],
): Promise<{ run: ClientRun; log: string }> {
  const path = `${root}.log`;
  const args = ["repair", "--repository", `${root}/store`, "--from", `${world.folder}/first`];
  const run = await runClient(args, {
    under: fail.before({ log: path, under: [root], fail: failing }),
  });
  const log = await Deno.readTextFile(path);
  await Deno.remove(path);
  return { run, log };
}

async function isSound(store: string): Promise<boolean> {
  await using repository = open(store);
  return (await repository.verify({ namespace: "", ignoreVerified: false }, () => {})).ok;
}

Deno.test("no failing system call of a repair does harm, and the next one completes it", () =>
  withFailCalls(async (fail) => {
    await using world = await RepairWorld.make(["legacy"]);
    const template = `${world.folder}/template`;
    await Deno.mkdir(template);
    await run("cp", "-a", `${world.folder}/first`, `${template}/store`);
    damage(`${template}/store`, world);
    const dry = `${world.folder}/dry`;
    await run("cp", "-a", template, dry);
    const whole = await runWatched(fail, world, dry, []);
    assertEquals(whole.run.code, 0, whole.run.stderr);
    assert(await isSound(`${dry}/store`));
    const classes = classesOf(parseCalls(whole.log), dry);
    const chosen = faultExtent === "full"
      ? classes
      : classes.filter(({ call }) => CHANGING.test(call));
    assert(chosen.length > 10, "it makes few calls that change something");
    const faults = matrixOf(chosen, "", faultExtent);
    await runFaults("repair", faults, async (fault, name) => {
      const root = `${world.folder}/${name}`;
      await run("cp", "-a", template, root);
      const there = { ...fault, glob: root + fault.glob };
      const { run: failed, log } = await runWatched(fail, world, root, [there]);
      try {
        if (!parseCalls(log).some(({ failed }) => failed)) return "not reached";
        assertEquals(failed.signal, null);
        assert(!/^\s+at .*:\d+:\d+|panicked/m.test(failed.stderr), "a stack trace");
        if (failed.code === 0) assert(await isSound(`${root}/store`), "it says that all is whole");
        await using repository = open(`${root}/store`);
        await using first = open(`${world.folder}/first`);
        const { report, lines } = await repairStored(repository, { others: [first] });
        assertEquals(report.snapshots.whole + report.snapshots.repaired, 2, lines.join("\n"));
        assert(await isSound(`${root}/store`), "the next one has not completed it");
      } catch (error) {
        throw new Error(`the run ended with ${failed.code}:\n${failed.stderr}`, { cause: error });
      } finally {
        await Deno.remove(root, { recursive: true });
      }
      return failed.code === 0 ? "succeeded" : "refused";
    });
  }));
