import { assertEquals } from "@std/assert";
import { monthOf, shiftDay, shiftMonth, weeksOf } from "./month_days.ts";

Deno.test("a month has its weeks from Monday", () => {
  const weeks = weeksOf({ year: 2026, month: 10 });
  assertEquals(weeks.length, 6);
  assertEquals(weeks[0], [...Array(6).fill(undefined), "2026-11-01"]);
  assertEquals(weeks[5]?.[0], "2026-11-30");
  assertEquals(weeksOf({ year: 2028, month: 1 }).flat().filter(Boolean).length, 29);
});

Deno.test("days and months are shifted over the ends of years", () => {
  assertEquals(shiftDay("2026-12-31", 1), "2027-01-01");
  assertEquals(shiftDay("2026-03-29", 7), "2026-04-05");
  assertEquals(shiftMonth({ year: 2026, month: 0 }, -1), { year: 2025, month: 11 });
  assertEquals(shiftMonth({ year: 2026, month: 11 }, 2), { year: 2027, month: 1 });
  assertEquals(monthOf("2026-11-30"), { year: 2026, month: 10 });
});
