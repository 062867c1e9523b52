import { assert, assertEquals, assertRejects } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { ServerError } from "../../errors/mod.ts";
import { PasswordChecks } from "./password_checks.ts";

const atOnce = (leave: () => void) => leave();

/** Checks that note who was heard, and take a turn of the event loop each. */
function recorder(checks: PasswordChecks) {
  const heard: string[] = [];
  const attempt = (authId: string, address: string, right = true) =>
    checks.run({ authId, address }, async () => {
      await delay(0);
      heard.push(`${authId} ${address}`);
      return right;
    });
  return { heard, attempt };
}

Deno.test("addresses take turns, and so do the users of an address", async () => {
  const { heard, attempt } = recorder(new PasswordChecks(atOnce));
  const flood = Array.from({ length: 20 }, () => attempt("admin", "evil"));
  const others = [attempt("bob", "evil"), attempt("admin", "good"), attempt("alice", "good")];
  assertEquals(await Promise.all(others), [true, true, true]);
  assert(heard.length <= 8, `${heard.length} were heard before`);
  await Promise.all(flood);
});

Deno.test("wrong guesses of a user from an address are few, those of others go on", async () => {
  const delayed: (() => void)[] = [];
  const { heard, attempt } = recorder(new PasswordChecks((leave) => void delayed.push(leave)));
  const statuses = await Promise.all(
    Array.from({ length: 100 }, () => attempt("admin", "evil", false).then(String, statusOf)),
  );
  assertEquals(statuses.filter((status) => status === "false").length, 32);
  assertEquals(statuses.filter((status) => status === 429).length, 68);
  assertEquals(heard.length, 32);
  assertEquals(await attempt("admin", "good"), true);
  assertEquals(await attempt("alice", "evil"), true);
  const error = await assertRejects(() => attempt("admin", "evil"), ServerError);
  assertEquals(error.status, 429);
  for (const leave of delayed) leave();
  assertEquals(await attempt("admin", "evil"), true);
});

Deno.test("when all places are taken, a newcomer gets that of whoever has most", async () => {
  const { attempt } = recorder(new PasswordChecks(atOnce));
  const flood = Array.from(
    { length: 64 * 5 },
    (_, i) => attempt(`user${i % 4}`, `evil${i % 5}`).then(String, statusOf),
  );
  assertEquals(await attempt("alice", "good"), true);
  const statuses = await Promise.all(flood);
  assert(statuses.every((status) => status === "true" || status === 503), `${statuses}`);
  assert(statuses.includes(503));
});

Deno.test("a check that fails is no wrong password", async () => {
  const checks = new PasswordChecks(atOnce);
  const failing = () => Promise.reject(new RangeError("damaged"));
  await assertRejects(() => checks.run({ authId: "a", address: "b" }, failing), RangeError);
  assertEquals(await checks.run({ authId: "a", address: "b" }, () => Promise.resolve(true)), true);
});

function statusOf(error: unknown): number {
  if (!(error instanceof ServerError)) throw error;
  return error.status;
}
