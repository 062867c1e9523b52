import { assertEquals, assertRejects } from "@std/assert";
import { Flight } from "./_flight.ts";

Deno.test("Flight keeps within its bytes and its pieces, and lets something larger go alone", async () => {
  const flight = new Flight(100, 3);
  let [running, bytes, mostPieces, mostBytes] = [0, 0, 0, 0];
  const sizes = [30, 30, 30, 30, 250, 10, 10, 10, 10, 10, 90];
  for (const size of sizes) {
    await flight.begin(size, async () => {
      [running, bytes] = [running + 1, bytes + size];
      mostPieces = Math.max(mostPieces, running);
      if (running > 1) mostBytes = Math.max(mostBytes, bytes);
      await new Promise((resolve) => setTimeout(resolve, 1));
      [running, bytes] = [running - 1, bytes - size];
    });
  }
  await flight.land();
  assertEquals([running, bytes, mostPieces], [0, 0, 3]);
  assertEquals(mostBytes <= 100, true, `${mostBytes} bytes`);
});

Deno.test("Flight begins nothing after a failure, which everybody hears of", async () => {
  const flight = new Flight(100, 2);
  const { promise, resolve } = Promise.withResolvers<void>();
  await flight.begin(1, () => promise);
  const { end } = await flight.begin(1, () => Promise.reject(new Error("lost")));
  await end;
  let isBegun = false;
  const begin = () =>
    flight.begin(1, () => {
      isBegun = true;
      return Promise.resolve();
    });
  await assertRejects(begin, Error, "lost");
  resolve();
  await flight.land();
  await assertRejects(begin, Error, "lost");
  assertEquals(isBegun, false);
});
