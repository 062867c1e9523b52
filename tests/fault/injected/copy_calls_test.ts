// Each system call that a copy makes on the target, a datastore directory, fails once.
import { assert, assertEquals } from "@std/assert";
import { Datastore } from "../../../lib/datastore/mod.ts";
import { isFinished } from "../../../lib/repository/mod.ts";
import { assertSameSnapshots } from "../../support/compare_stores.ts";
import { copyStored } from "../../support/copy_in_process.ts";
import { classesOf, matrixOf } from "../../support/fail_calls/call_classes.ts";
import {
  type FailCalls,
  type FailingCall,
  parseCalls,
} from "../../support/fail_calls/fail_calls.ts";
import { open, RepairWorld, run } from "../../support/repair_world.ts";
import { type ClientRun, runClient } from "../../support/run_client.ts";
import { faultExtent, runFaults, withFailCalls } from "./run_faults.ts";

/** Calls that the sample has: those after which something may be half done. */
const CHANGING = /^(pwrite|write|rename|fsync|syncfs|mkdir|openat-create)/;

async function runWatched(
  fail: FailCalls,
  world: RepairWorld,
  root: string,
  failing: readonly FailingCall[],
): Promise<{ run: ClientRun; log: string }> {
  const path = `${root}.log`;
  const args = ["copy", "--repository", `${world.folder}/first`, "--to", `${root}/store`];
  const run = await runClient(args, {
    under: fail.before({ log: path, under: [root], fail: failing }),
  });
  const log = await Deno.readTextFile(path);
  await Deno.remove(path);
  return { run, log };
}

Deno.test("no failing system call of a copy does harm, and the next one completes it", () =>
  withFailCalls(async (fail) => {
    await using world = await RepairWorld.make(["legacy"]);
    const first = `${world.folder}/first`;
    const template = `${world.folder}/template`;
    await Deno.mkdir(template);
    Datastore.create(`${template}/store`, { chunkFoldersOnDemand: true })[Symbol.dispose]();
    const dry = `${world.folder}/dry`;
    await run("cp", "-a", template, dry);
    const whole = await runWatched(fail, world, dry, []);
    assertEquals(whole.run.code, 0, whole.run.stderr);
    await assertSameSnapshots(first, `${dry}/store`);
    const classes = classesOf(parseCalls(whole.log), dry);
    const chosen = faultExtent === "full"
      ? classes
      : classes.filter(({ call }) => CHANGING.test(call));
    assert(chosen.length > 5, "it makes few calls that change something");
    const faults = matrixOf(chosen, "", faultExtent);
    await runFaults("copy", faults, async (fault, name) => {
      const root = `${world.folder}/${name}`;
      const store = `${root}/store`;
      await run("cp", "-a", template, root);
      const there = { ...fault, glob: root + fault.glob };
      const { run: failed, log } = await runWatched(fail, world, root, [there]);
      try {
        if (!parseCalls(log).some(({ failed }) => failed)) return "not reached";
        assertEquals(failed.signal, null);
        assert(!/^\s+at .*:\d+:\d+|panicked/m.test(failed.stderr), "a stack trace");
        if (failed.code === 0) await assertSameSnapshots(first, store);
        await using source = open(first);
        await using target = open(store);
        for (const info of await target.listSnapshots("")) assert(isFinished(info), "half of one");
        assert((await target.verify({ namespace: "", ignoreVerified: false }, () => {})).ok);
        const { report, lines } = await copyStored(source, target);
        const { copied, present } = report.snapshots;
        assertEquals(copied + present, 2, lines.join("\n"));
        await assertSameSnapshots(first, store);
        assert((await target.verify({ namespace: "", ignoreVerified: false }, () => {})).ok);
      } catch (error) {
        throw new Error(`the run ended with ${failed.code}:\n${failed.stderr}`, { cause: error });
      } finally {
        await Deno.remove(root, { recursive: true });
      }
      return failed.code === 0 ? "succeeded" : "refused";
    });
  }));
