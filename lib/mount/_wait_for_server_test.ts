import { assertEquals, assertRejects } from "@std/assert";
import { ConnectionError, NotFoundError } from "../errors/mod.ts";
import { waitForServer } from "./_wait_for_server.ts";

function attempts(failures: readonly Error[]) {
  const calls = { count: 0 };
  const work = () => {
    const failure = failures[calls.count++];
    return failure === undefined ? Promise.resolve("done") : Promise.reject(failure);
  };
  return { calls, work };
}

Deno.test("a server that does not answer is waited for, which is told once", async () => {
  const told: string[] = [];
  const wait = {
    waitMs: 60_000,
    signal: new AbortController().signal,
    onLost: (error: unknown) => told.push((error as Error).message),
  };
  const lost = new ConnectionError("lost");
  const { calls, work } = attempts([lost, lost]);
  assertEquals(await waitForServer(work, wait), "done");
  assertEquals([calls.count, told], [3, ["lost"]]);
  await assertRejects(
    () => waitForServer(attempts([new NotFoundError("gone")]).work, wait),
    NotFoundError,
  );
  assertEquals(told, ["lost"]);
});

Deno.test("waiting for a server ends when it is over, or when it is told to", async () => {
  const lost = Array.from({ length: 100 }, () => new ConnectionError("lost"));
  const ending = new AbortController();
  const wait = { waitMs: 60_000, signal: ending.signal, onLost: () => ending.abort() };
  const { calls, work } = attempts(lost);
  await assertRejects(() => waitForServer(work, wait), ConnectionError);
  assertEquals(calls.count, 2, "one more attempt was made");
  const short = { ...wait, waitMs: 0, signal: new AbortController().signal };
  await assertRejects(() => waitForServer(attempts(lost).work, short), ConnectionError);
});
