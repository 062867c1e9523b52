import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventually } from "../../tests/support/eventually.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { HookRunner } from "./hook_runner.ts";

const LONG_MS = 600_000;
const environment = { PATH: Deno.env.get("PATH") ?? "" };

async function run(
  command: string,
  limitMs = LONG_MS,
  signal?: AbortSignal,
): Promise<{ problem: string | undefined; lines: string[] }> {
  const lines: string[] = [];
  await using runner = new HookRunner(0);
  const onLine = (line: string) => lines.push(line);
  const problem = await runner.run({ command, environment, limitMs, onLine, signal });
  return { problem, lines };
}

/** Whether a process is there that has not ended. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

async function pidIn(path: string): Promise<number> {
  return await eventually(async () => {
    const pid = Number(await Deno.readTextFile(path));
    assert(pid > 1);
    return pid;
  });
}

async function assertGone(pid: number): Promise<void> {
  await eventually(() => Promise.resolve(assert(!isRunning(pid))));
}

Deno.test("a hook runs in a shell, and what it prints comes line by line", async () => {
  const { problem, lines } = await run("echo one; echo two | tr o 0 >&2");
  // They come through two pipes, of which either may be read first.
  assertEquals([problem, lines.toSorted()], [undefined, ["one", "tw0"]]);
  assertEquals(await run("printf 'no end\\033[2J'"), {
    problem: undefined,
    lines: ["no end\ufffd[2J"],
  });
});

Deno.test("a hook that fails says how, without its command", async () => {
  assertEquals((await run("exit 3 # hunter2")).problem, "failed with exit code 3");
  assertEquals((await run("kill -9 $$")).problem, "was ended by SIGKILL");
  assertEquals((await run("/nowhere/at/all")).problem, "failed with exit code 127");
});

Deno.test("a hook gets only the variables that it is given, and no input", async () => {
  const { lines } = await run("env; cat");
  assertEquals(lines.filter((line) => !/^(PATH|PWD|SHLVL|_|OLDPWD)=/.test(line)), []);
});

Deno.test("a hook that prints without end is neither shown nor waited for without end", async () => {
  const { problem, lines } = await run("yes | head -n 100000; printf %100000d 1");
  assertEquals(problem, undefined);
  assertEquals(lines.length, 501);
  assertMatch(lines.at(-1)!, /not shown/);
  const long = await run("printf %100000d 1");
  assertEquals(long.lines.map((line) => line.length), [501]);
});

Deno.test("a hook that hangs is ended when its time is over", async () => {
  const { problem } = await run("sleep 1000", 100);
  assertEquals(problem, "took longer than 0.1 seconds");
});

Deno.test("a hook is ended with all that it has started, when it is no longer wanted", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const controller = new AbortController();
  const command = `trap '' TERM; sleep 1000 & echo $! >${dir.path}/child; wait; sleep 1000`;
  const running = run(command, LONG_MS, controller.signal);
  const pid = await pidIn(`${dir.path}/child`);
  controller.abort();
  assertEquals((await running).problem, "was ended");
  await assertGone(pid);
  assertEquals((await run("sleep 1000", LONG_MS, controller.signal)).problem, "was ended");
});

Deno.test("what a hook leaves running is not waited for, and ends with the runner", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const lines: string[] = [];
  let pid: number;
  {
    await using runner = new HookRunner(0);
    // It holds the hook's output open.
    const command = `(echo late; exec sleep 1000) & echo $! >${dir.path}/pid; echo done`;
    const onLine = (line: string) => lines.push(line);
    const problem = await runner.run({ command, environment, limitMs: LONG_MS, onLine });
    assertEquals(problem, undefined);
    pid = await pidIn(`${dir.path}/pid`);
    assert(isRunning(pid));
    await eventually(() => Promise.resolve(assertEquals(lines.toSorted(), ["done", "late"])));
  }
  await assertGone(pid);
});
