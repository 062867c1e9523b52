// Each system call that the first start of a server makes on its folders fails once: the start says why
// and can be repeated, and the administrator's password is not lost.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { classesOf, matrixOf } from "../../support/fail_calls/call_classes.ts";
import {
  type FailCalls,
  type FailingCall,
  parseCalls,
} from "../../support/fail_calls/fail_calls.ts";
import { ServerProcess } from "../../support/server_process.ts";
import { type FaultWorld, GROUP, NEWER_TIME, OLDER_TIME, withFaultWorld } from "./fault_world.ts";
import { faultExtent, runFaults, withFailCalls } from "./run_faults.ts";
import { withServedRepository } from "./served_repository.ts";

/** How a start under the watch ended. */
interface Start {
  /** Absent if the server has ended by itself. */
  readonly server?: ServerProcess;
  /** What it printed. */
  readonly output: string;
}

async function startWatched(
  fail: FailCalls,
  { root }: FaultWorld,
  failing: readonly FailingCall[],
): Promise<Start> {
  const under = fail.before({ log: `${root}.log`, under: [root], fail: failing });
  try {
    const server = await ServerProcess.start({ dir: { path: root }, under, stderr: "piped" });
    return { server, output: server.greeting };
  } catch (error) {
    return { output: (error as Error).message };
  }
}

function passwordIn(output: string): string | undefined {
  return /^export PBS_PASSWORD='(.*)'$/m.exec(output)?.[1];
}

/** Starts the server once more, without a fault, and asks it for its snapshots. */
async function startAgain(world: FaultWorld, printed: string | undefined): Promise<void> {
  await using server = await ServerProcess.start({ dir: { path: world.root } });
  const password = printed ?? passwordIn(server.greeting);
  assert(password !== undefined, "nobody has ever seen the administrator's password");
  await withServedRepository(server, async (repository) => {
    const times = (await repository.listSnapshots("", GROUP)).map(({ time }) => time);
    assertEquals(times.sort(), [OLDER_TIME, NEWER_TIME]);
  }, password);
  assertEquals((await server.end()).code, 0);
}

Deno.test("no failing system call of a server's first start does harm", () =>
  withFailCalls((fail) =>
    withFaultWorld(async (template) => {
      const dry = await template.copy(`${template.root}/dry`);
      const { server, output } = await startWatched(fail, dry, []);
      if (server === undefined) throw new Error(output);
      assertEquals((await server.end()).code, 0);
      await startAgain(dry, passwordIn(output));
      const classes = classesOf(parseCalls(await Deno.readTextFile(`${dry.root}.log`)), dry.root);
      const faults = matrixOf(classes, "", faultExtent);
      await runFaults("server, first start", faults, async (fault, name) => {
        const world = await template.copy(`${template.root}/${name}`);
        const there = { ...fault, glob: fault.glob === "tcp" ? "tcp" : world.root + fault.glob };
        const { server, output } = await startWatched(fail, world, [there]);
        try {
          if (server === undefined) assertMatch(output, /^Error: \S/m);
          assert(!/^\s+at .*:\d+:\d+|panicked/m.test(output), "a stack trace");
          await server?.end();
          const log = parseCalls(await Deno.readTextFile(`${world.root}.log`));
          if (!log.some(({ failed }) => failed)) return "not reached";
          await startAgain(world, passwordIn(output));
        } catch (error) {
          throw new Error(`the server said:\n${output}`, { cause: error });
        } finally {
          await server?.[Symbol.asyncDispose]();
          await Deno.remove(world.root, { recursive: true });
        }
        return server === undefined ? "refused" : "succeeded";
      });
    })
  ));
