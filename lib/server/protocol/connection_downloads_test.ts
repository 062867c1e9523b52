import { assertEquals, assertRejects } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { CancelledError, NotFoundError } from "../../errors/mod.ts";
import { AnswerBudget } from "../memory/answer_budget.ts";
import { ConnectionDownloads } from "./connection_downloads.ts";

const MIB = 1 << 20;

function connection(budget: AnswerBudget, remoteAddress: string): ConnectionDownloads {
  return new ConnectionDownloads(budget.of({ remoteAddress, takenBytes: 0, abort: () => {} }));
}

function chunk(fill: number) {
  return (buffer: (length: number) => Uint8Array) => {
    buffer(MIB).fill(fill);
    return Promise.resolve();
  };
}

Deno.test("a chunk counts as what it is, from before it is read until it was taken", async () => {
  const budget = new AnswerBudget(5 * MIB);
  const { signal } = new AbortController();
  const [one, other] = [connection(budget, "a"), connection(budget, "b")];
  const first = await one.readChunk(chunk(1), signal);
  assertEquals([first.bytes.length, budget.usedBytes], [MIB, MIB]);
  // Four MiB are counted while it is read; with two chunks there is no room for a third.
  const foreign = await other.readChunk(chunk(2), signal);
  let read = false;
  const third = one.readChunk((buffer) => {
    read = true;
    return chunk(3)(buffer);
  }, signal);
  await delay(0);
  assertEquals([read, budget.usedBytes], [false, 2 * MIB]);
  foreign.released();
  first.released();
  (await third).released();
  assertEquals([read, budget.usedBytes], [true, 0]);
});

Deno.test("a request that is given up stops waiting, one that fails gives its memory back", async () => {
  const budget = new AnswerBudget(4 * MIB);
  const downloads = connection(budget, "a");
  const abort = new AbortController();
  const first = await downloads.readChunk(chunk(1), abort.signal);
  const waiting = downloads.readChunk(chunk(2), abort.signal);
  abort.abort();
  await assertRejects(() => waiting, CancelledError);
  first.released();
  const { signal } = new AbortController();
  const failing = () => Promise.reject(new NotFoundError("gone"));
  await assertRejects(() => downloads.readChunk(failing, signal), NotFoundError);
  await assertRejects(() => downloads.readFile(failing, signal), NotFoundError);
  assertEquals(budget.usedBytes, 0);
});
