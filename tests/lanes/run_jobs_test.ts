import { assert, assertEquals } from "@std/assert";
import { type Job, type JobEnd, runJobs } from "../../scripts/lanes/run_jobs.ts";
import { TempDir } from "../support/temp_dir.ts";

async function run(jobs: readonly Job[], lanes = 2): Promise<Map<string, JobEnd>> {
  await using dir = await TempDir.make();
  const ends = new Map<string, JobEnd>();
  await runJobs(jobs, lanes, `${dir.path}/logs`, (end) => void ends.set(end.name, end));
  return ends;
}

function job(name: string, script: string): Job {
  return { name, command: ["bash", "-c", script] };
}

function countsOf(end: JobEnd | undefined): unknown {
  return end && [end.passed, end.failed, end.ignored, end.problem];
}

Deno.test("all jobs run, and their closing lines are summed up", async () => {
  const ends = await run([
    job("deno", "echo 'ok | 7 passed (2 steps) | 0 failed | 3 ignored (4s)'"),
    job("cargo", "for i in 1 2; do echo 'test result: ok. 5 passed; 0 failed; 1 ignored'; done"),
    job("other", "echo it found 9 passed and 8 failed"),
    job("bad", "echo 'FAILED | 1 passed | 2 failed (1s)' >&2; exit 1"),
  ]);
  assertEquals(countsOf(ends.get("deno")), [7, 0, 3, undefined]);
  assertEquals(countsOf(ends.get("cargo")), [10, 0, 2, undefined]);
  assertEquals(countsOf(ends.get("other")), [0, 0, 0, undefined]);
  assertEquals(countsOf(ends.get("bad")), [1, 2, 0, undefined]);
});

Deno.test("a job that dies is a failure, and so is a check", async () => {
  const ends = await run([
    job("dies", "echo 'ok | 7 passed | 0 failed'; exit 3"),
    job("killed", "kill -SEGV $$"),
    { ...job("check", "exit 1"), isCheck: true },
    { ...job("passes", "echo 9 passed"), isCheck: true },
  ]);
  assertEquals(countsOf(ends.get("dies")), [7, 1, 0, "it ended with code 3"]);
  assertEquals(countsOf(ends.get("killed")), [0, 1, 0, "it ended with code 139"]);
  assertEquals(countsOf(ends.get("check")), [0, 1, 0, "it ended with code 1"]);
  assertEquals(countsOf(ends.get("passes")), [1, 0, 0, undefined]);
});

Deno.test("lanes work beside each other, in the order of the jobs", async () => {
  await using dir = await TempDir.make();
  // Each of the two waits for what the other one leaves.
  const meet = (own: string, other: string) =>
    job(own, `touch ${dir.path}/${own}; until [ -e ${dir.path}/${other} ]; do sleep 0.01; done`);
  const ends = await run([meet("a", "b"), meet("b", "a"), job("last", "exit 0")]);
  assertEquals([...ends.keys()].toSorted(), ["a", "b", "last"]);
  assertEquals([...ends.values()].map(({ failed }) => failed), [0, 0, 0]);
});

Deno.test("processor time of a job is that of its processes", async () => {
  const ends = await run([job("busy", "bash -c 'for ((i = 0; i < 100000; i++)); do :; done'")]);
  assert(ends.get("busy")!.processorSeconds > 0);
});
