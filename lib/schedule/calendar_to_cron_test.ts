import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../errors/mod.ts";
import { runPeer } from "../../tests/support/run_peer.ts";
import { testWithPeers } from "../../tests/support/with_peers.ts";
import { calendarToCron } from "./calendar_to_cron.ts";

/** Expressions, and the fields that they become. */
const CALENDARS: Readonly<Record<string, string>> = {
  hourly: "0 * * * *",
  daily: "0 0 * * *",
  weekly: "0 0 * * 1",
  monthly: "0 0 1 * *",
  quarterly: "0 0 1 1,4,7,10 *",
  semiannually: "0 0 1 1,7 *",
  yearly: "0 0 1 1 *",
  "02:30": "30 2 * * *",
  "*-*-* 02:30:00": "30 2 * * *",
  "Mon..Fri 02:30": "30 2 * * 1-5",
  "Sat,Sun 04:00": "0 4 * * 0,6",
  "Fri..Sun": "0 0 * * 0,5,6",
  "Sunday 3:05": "5 3 * * 0",
  "*-*-1,15 4:00": "0 4 1,15 * *",
  "*-1,7-1 00:00": "0 0 1 1,7 *",
  "*:0/15": "0-59/15 * * * *",
  "8..18/2:30": "30 8-18/2 * * *",
  "9..17:00": "0 9-17 * * *",
};

Deno.test("calendarToCron() says the same in cron's words", () => {
  for (const [calendar, fields] of Object.entries(CALENDARS)) {
    assertEquals(calendarToCron(calendar), fields, calendar);
  }
});

Deno.test("calendarToCron() knows what systemd does not: weeks that wrap, and minutes alone", () => {
  assertEquals(calendarToCron("Fri..Mon 02:30"), "30 2 * * 0,1,5,6");
  assertEquals(calendarToCron("*/5"), "0-59/5 * * * *");
});

Deno.test("calendarToCron() refuses what cron cannot say, and what is no calendar", () => {
  for (
    const calendar of [
      "",
      "soon",
      "2027-01-01",
      "*-*~1",
      "Mon *-*-1 02:30",
      "02:30:15",
      "02:30 Europe/Berlin",
      "25:00",
      "02:60",
      "*-13-1",
      "*-*-0",
      "*:0/0",
      "5..1:00",
      "02:30; rm -rf /",
      "02:30\n* * * * *",
      "Mon..",
      "1-2-3-4",
      "constructor",
      "*..5:00",
      "02:30 UTC",
    ]
  ) assertThrows(() => calendarToCron(calendar), UsageError, "cron has no words", calendar);
});

testWithPeers("systemd starts jobs when the fields of cron say", ["systemd-analyze"], async () => {
  const names = Object.keys(CALENDARS);
  const iterations = 4;
  const output = await runPeer("env", [
    ...["TZ=UTC", "LC_ALL=C", "systemd-analyze", "calendar", `--iterations=${iterations}`],
    ...["--base-time=2027-02-26 11:17:00", ...names],
  ]);
  const blocks = output.trim().split("\n\n");
  assertEquals(blocks.length, names.length);
  for (const [i, block] of blocks.entries()) {
    const times = [...block.matchAll(/\w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC/g)];
    assertEquals(times.length, iterations, block);
    const expected = times.map(([, time]) => `${time!.replace(" ", "T")}Z`);
    const actual = dueTimes(CALENDARS[names[i]!]!, Date.parse("2027-02-26T11:17:00Z"), iterations);
    assertEquals(actual, expected, names[i]);
  }
});

/** The next times that fit the fields, minute by minute. */
function dueTimes(fields: string, afterMs: number, count: number): string[] {
  const [minute, hour, day, month, weekday] = fields.split(" ").map(valuesOf);
  const times: string[] = [];
  let date = new Date(afterMs + 60_000);
  while (times.length < count) {
    assert(date.getTime() < afterMs + 5 * 366 * 86_400_000, fields);
    const isDay = month!(date.getUTCMonth() + 1) && day!(date.getUTCDate()) &&
      weekday!(date.getUTCDay());
    if (isDay && hour!(date.getUTCHours()) && minute!(date.getUTCMinutes())) {
      times.push(date.toISOString().replace(".000", ""));
    }
    const isMidnight = date.getUTCHours() === 0 && date.getUTCMinutes() === 0;
    date = new Date(date.getTime() + (isMidnight && !isDay ? 86_400_000 : 60_000));
  }
  return times;
}

function valuesOf(field: string): (value: number) => boolean {
  return (value) =>
    field.split(",").some((item) => {
      const [, first, last, step] = /^(\*|\d+)(?:-(\d+))?(?:\/(\d+))?$/.exec(item)!;
      if (first === "*") return true;
      const [from, to] = [Number(first), Number(last ?? first)];
      return value >= from && value <= to && (value - from) % Number(step ?? 1) === 0;
    });
}
