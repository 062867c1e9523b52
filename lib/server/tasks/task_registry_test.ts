import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { CancelledError, NotFoundError } from "../../errors/mod.ts";
import { TempDir } from "../../../tests/support/temp_dir.ts";
import { TaskRegistry } from "./task_registry.ts";

const START = { workerType: "verify", workerId: "store-1", authId: "joe@pbs" };

Deno.test("a task's log has timestamps, counts from 1 and ends with how the task ended", async () => {
  await using dir = await TempDir.make();
  const tasks = new TaskRegistry(dir.path);
  const good = tasks.start(START, ({ log }) => Promise.resolve(log("one\ntwo")));
  assertEquals((await good.ended).status, "OK");
  const { lines, total } = await tasks.readLog(good.task.upid, 2, 5);
  assertEquals(total, 3);
  assertMatch(lines[0]!, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d: two$/);
  assertEquals(lines[1]!.slice(27), "TASK OK");
  const warned = tasks.start(START, ({ log }) => Promise.resolve(log("WARN: x", true)));
  assertEquals((await warned.ended).status, "WARNINGS: 1");
  const named = tasks.start(START, ({ log }) => Promise.resolve(log("WARNING is a name")));
  assertEquals((await named.ended).status, "OK");
  const bad = tasks.start(START, () => Promise.reject(new Error("broken")));
  assertEquals((await bad.ended).status, "broken");
  const misleading = tasks.start(START, () => Promise.reject(new Error("WARNINGS: of a device")));
  assertEquals((await misleading.ended).outcome, "error");
  assertEquals(
    (await tasks.readLog(misleading.task.upid, 0, 0)).lines.at(-1)!.slice(27),
    "TASK ERROR: WARNINGS: of a device",
  );
  await tasks.idle();
  const ends = new TaskRegistry(dir.path).list().map(({ end }) => end?.outcome);
  assertEquals(ends, ["error", "error", "ok", "warning", "ok"]);
  assertEquals(tasks.list().map(({ id }) => id)[0], misleading.task.id);
});

Deno.test("a task that is stopped says so", async () => {
  await using dir = await TempDir.make();
  const tasks = new TaskRegistry(dir.path);
  const { task, ended } = tasks.start(
    START,
    ({ signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(new CancelledError("stopped")))
      ),
  );
  await Promise.resolve();
  assertEquals(tasks.find(task.upid)?.end, undefined);
  tasks.abort(task.upid);
  assertEquals((await ended).status, "task aborted");
});

Deno.test("a new process knows the tasks of earlier ones, those it cut off too", async () => {
  await using dir = await TempDir.make();
  const first = new TaskRegistry(dir.path);
  const done = first.start(START, () => Promise.resolve());
  await done.ended;
  const running = first.start({ ...START, workerType: "backup" }, () => new Promise(() => {}));
  const second = new TaskRegistry(dir.path);
  assertEquals(second.find(done.task.upid)?.end?.status, "OK");
  assertEquals(second.find(running.task.upid)?.end?.status, "unknown");
  assert((await second.readWholeLog(done.task.upid)).includes("TASK OK"));
  await assertRejects(
    () => second.readWholeLog({ ...done.task.upid, taskId: 99 }),
    NotFoundError,
  );
});
