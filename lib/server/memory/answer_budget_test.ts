import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { eventually } from "../../../tests/support/eventually.ts";
import { CancelledError, ServerError } from "../../errors/mod.ts";
import { AnswerBudget, type HeldBytes } from "./answer_budget.ts";

const { signal } = new AbortController();

function reader(remoteAddress: string, cut: string[] = []) {
  const state = { remoteAddress, takenBytes: 0, abort: () => void cut.push(remoteAddress) };
  return state;
}

async function settled(): Promise<void> {
  await delay(0);
}

Deno.test("one address holds half at most, and the other half is there for others", async () => {
  const budget = new AnswerBudget(100_000);
  const [greedy, other] = [reader("a"), reader("b")];
  const held = await budget.hold(greedy, 50_000, signal);
  const order: string[] = [];
  const more = budget.hold(greedy, 1000, signal).then((held) => (order.push("more"), held));
  const foreign = await budget.hold(other, 50_000, signal);
  await settled();
  assertEquals([order, budget.usedBytes], [[], 100_000]);
  held[Symbol.dispose]();
  (await more)[Symbol.dispose]();
  foreign[Symbol.dispose]();
  assertEquals(budget.usedBytes, 0);
});

Deno.test("who holds least is served first, and a large wish is not passed over for ever", async () => {
  const budget = new AnswerBudget(100_000);
  const first = await budget.hold(reader("a"), 50_000, signal);
  const second = await budget.hold(reader("b"), 40_000, signal);
  const order: string[] = [];
  const wait = (address: string, size: number): Promise<HeldBytes> =>
    budget.hold(reader(address), size, signal).then((held) => (order.push(address), held));
  const own = wait("b", 15_000);
  const large = wait("c", 60_000);
  const small = wait("d", 20_000);
  await settled();
  assertEquals(order, []);
  first[Symbol.dispose]();
  await settled();
  assertEquals(order, ["c"]);
  second[Symbol.dispose]();
  await Promise.all([own, small]);
  for (const held of [await own, await large, await small]) held[Symbol.dispose]();
  assertEquals(budget.usedBytes, 0);
});

Deno.test("an answer larger than the budget is held alone", async () => {
  const budget = new AnswerBudget(100_000);
  const huge = await budget.hold(reader("a"), 500_000, signal);
  const next = budget.hold(reader("b"), 1, signal);
  huge[Symbol.dispose]();
  (await next)[Symbol.dispose]();
});

Deno.test("what is in memory already is refused when there is no room", async () => {
  const budget = new AnswerBudget(200_000);
  const held = await budget.hold(reader("a"), 190_000, signal);
  assertEquals(budget.holdNow(reader("b"), 60_000), undefined);
  const error = assertThrows(() => budget.holdNow(reader("b"), 100_000), ServerError);
  assertEquals(error.status, 503);
  held[Symbol.dispose]();
  budget.holdNow(reader("b"), 100_000)![Symbol.dispose]();
});

Deno.test("who takes nothing while others wait is ended, who takes something is not", async () => {
  const cut: string[] = [];
  const budget = new AnswerBudget(100_000, 100);
  const [stuck, slow] = [reader("stuck", cut), reader("slow", cut)];
  const holds = [await budget.hold(stuck, 50_000, signal), await budget.hold(slow, 50_000, signal)];
  const taking = setInterval(() => slow.takenBytes++, 10);
  // A window of three times the patience. Nobody waits: both are left alone.
  await delay(300);
  assertEquals(cut, []);
  const waiting = budget.hold(reader("c"), 50_000, signal);
  await eventually(() => Promise.resolve(assertEquals(cut, ["stuck"])));
  holds[0]![Symbol.dispose]();
  (await waiting)[Symbol.dispose]();
  holds[1]![Symbol.dispose]();
  clearInterval(taking);
});

Deno.test("nobody waits for a connection that is over", async () => {
  const budget = new AnswerBudget(100_000);
  const over = new AbortController();
  const held = await budget.hold(reader("a"), 100_000, signal);
  const waiting = budget.hold({ ...reader("b"), ended: over.signal }, 1000, signal);
  over.abort();
  await assertRejects(() => waiting, CancelledError);
  held[Symbol.dispose]();
  await assertRejects(
    () => budget.hold({ ...reader("b"), ended: over.signal }, 1000, signal),
    CancelledError,
  );
  assertEquals(budget.usedBytes, 0);
});
