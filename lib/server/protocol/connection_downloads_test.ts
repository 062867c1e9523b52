import { assertEquals, assertRejects } from "@std/assert";
import { CancelledError, NotFoundError } from "../../errors/mod.ts";
import { BodyBudget } from "./body_budget.ts";
import { ConnectionDownloads } from "./connection_downloads.ts";

const SMALL = 100_000;

function chunk(fill: number) {
  return (buffer: (length: number) => Uint8Array) => {
    buffer(SMALL).fill(fill);
    return Promise.resolve();
  };
}

Deno.test("while the budget is exhausted a connection has one chunk in memory at a time", async () => {
  const budget = new BodyBudget(SMALL);
  const { signal } = new AbortController();
  const [one, other] = [new ConnectionDownloads(budget), new ConnectionDownloads(budget)];
  const first = await one.read(chunk(1), signal);
  const order: string[] = [];
  const second = one.read(chunk(2), signal).then((read) => {
    order.push("second");
    return read;
  });
  const foreign = await other.read(chunk(3), signal);
  order.push("foreign");
  assertEquals(first.bytes, new Uint8Array(SMALL).fill(1));
  assertEquals(foreign.bytes, new Uint8Array(SMALL).fill(3));
  first.released();
  assertEquals((await second).bytes, new Uint8Array(SMALL).fill(2));
  assertEquals(order, ["foreign", "second"]);
  foreign.released();
  (await second).released();
  assertEquals([budget.usedBytes, budget.exhausted], [0, false]);
});

Deno.test("a request that is given up stops waiting, one that fails gives its memory back", async () => {
  const budget = new BodyBudget(SMALL);
  const downloads = new ConnectionDownloads(budget);
  const abort = new AbortController();
  const first = await downloads.read(chunk(1), abort.signal);
  const waiting = downloads.read(chunk(2), abort.signal);
  abort.abort();
  await assertRejects(() => waiting, CancelledError);
  first.released();
  const { signal } = new AbortController();
  const failing = () => Promise.reject(new NotFoundError("gone"));
  await assertRejects(() => downloads.read(failing, signal), NotFoundError);
  assertEquals([budget.usedBytes, budget.exhausted], [0, false]);
});
