import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../errors/mod.ts";
import { runPeer } from "../../tests/support/run_peer.ts";
import { testWithPeers } from "../../tests/support/with_peers.ts";
import { parseCalendarEvent } from "./mod.ts";

/** A Thursday, midnight. */
const THURSDAY = "2026-01-01T00:00:00Z";

function nextOf(event: string, after: string, zone = "UTC"): string | undefined {
  const found = parseCalendarEvent(event).next(Date.parse(after) / 1000, zone);
  return found === undefined ? undefined : new Date(found * 1000).toISOString().slice(0, 19);
}

/** Events, and when they are due after a Thursday's midnight. */
const DUE: Readonly<Record<string, string>> = {
  minutely: "2026-01-01T00:01:00",
  hourly: "2026-01-01T01:00:00",
  daily: "2026-01-02T00:00:00",
  weekly: "2026-01-05T00:00:00",
  monthly: "2026-02-01T00:00:00",
  quarterly: "2026-04-01T00:00:00",
  semiannually: "2026-07-01T00:00:00",
  "semi-annually": "2026-07-01T00:00:00",
  yearly: "2027-01-01T00:00:00",
  annually: "2027-01-01T00:00:00",
  "daily UTC": "2026-01-02T00:00:00",
  "12:05": "2026-01-01T12:05:00",
  "12:05:07": "2026-01-01T12:05:07",
  "*:00/5": "2026-01-01T00:05:00",
  "0/1:0/5": "2026-01-01T00:05:00",
  "*:0/1": "2026-01-01T00:01:00",
  "*:*": "2026-01-01T00:01:00",
  "*:*:*": "2026-01-01T00:00:01",
  "0:0:0/7": "2026-01-01T00:00:07",
  "mon,tue,wed,thu,fri": "2026-01-02T00:00:00",
  "Mon..Fri": "2026-01-02T00:00:00",
  "sat,sun": "2026-01-03T00:00:00",
  "Saturday..Sunday": "2026-01-03T00:00:00",
  "mon,wed,fri": "2026-01-02T00:00:00",
  "mon..wed *:30/10": "2026-01-05T00:30:00",
  "mon..fri 8..17,22:0/15": "2026-01-01T08:00:00",
  "fri 12..13:5/20": "2026-01-02T12:05:00",
  "12,14,16,18,20,22:5": "2026-01-01T12:05:00",
  "12/2:5": "2026-01-01T12:05:00",
  "1..10/3:00": "2026-01-01T01:00:00",
  "*-05": "2026-01-05T00:00:00",
  "*-*-01 02:30": "2026-01-01T02:30:00",
  "Sat *-1..7 15:00": "2026-01-03T15:00:00",
  "2026-10-21": "2026-10-21T00:00:00",
  "2026..2028-2-29": "2028-02-29T00:00:00",
  "02-29": "2028-02-29T00:00:00",
  "mon 02-29": "2044-02-29T00:00:00",
  "*-*-31": "2026-01-31T00:00:00",
  "2..12-31": "2026-03-31T00:00:00",
  "mon 2:*": "2026-01-05T02:00:00",
  "thu 0:00": "2026-01-08T00:00:00",
  "  fri   3:00  ": "2026-01-02T03:00:00",
};

/** Forms that the reference has, and systemd 252 does not. */
const DUE_BEYOND_SYSTEMD: Readonly<Record<string, string>> = {
  "*": "2026-01-01T00:01:00",
  "*/5": "2026-01-01T00:05:00",
  "0/5": "2026-01-01T00:05:00",
  "30": "2026-01-01T00:30:00",
  "mon..wed 30/10": "2026-01-05T00:30:00",
  "sat..mon 1:00": "2026-01-03T01:00:00",
  "sun..tue": "2026-01-04T00:00:00",
  "*/4-02-29": "2028-02-29T00:00:00",
  "*:*/20": "2026-01-01T00:20:00",
};

Deno.test("CalendarEvent.next() is the first second that fits all fields", () => {
  for (const [event, due] of Object.entries({ ...DUE, ...DUE_BEYOND_SYSTEMD })) {
    assertEquals(nextOf(event, THURSDAY), due, event);
  }
  assertEquals(parseCalendarEvent("mon 2:00").toString(), "mon 2:00");
});

Deno.test("CalendarEvent.next() ends where nothing comes any more", () => {
  for (const event of ["2025-12-31", "*-02-31", "*-4,6,9,11-31 *:*:*", "2..2-30 0/1:0/1"]) {
    assertEquals(nextOf(event, THURSDAY), undefined, event);
    assertEquals(nextOf(event, THURSDAY, "Europe/Berlin"), undefined, event);
  }
});

Deno.test("CalendarEvent.next() leaves nothing out where the clock jumps, and doubles nothing", () => {
  const zone = "Europe/Berlin";
  const row = (event: string, after: string, count: number) => {
    const times: string[] = [];
    while (times.length < count) {
      times.push(nextOf(event, times.length === 0 ? after : `${times.at(-1)}Z`, zone)!);
    }
    return times.map((time) => time.slice(5, 16));
  };
  // 2026-03-29, 02:00 → 03:00 at 01:00 UTC.
  assertEquals(row("02:30", "2026-03-28T12:00:00Z", 2), ["03-29T01:00", "03-30T00:30"]);
  assertEquals(row("*:0/30", "2026-03-29T00:15:00Z", 3), [
    ...["03-29T00:30", "03-29T01:00", "03-29T01:30"],
  ]);
  assertEquals(row("2:0/30", "2026-03-29T00:15:00Z", 2), ["03-29T01:00", "03-30T00:00"]);
  // 2026-10-25, 03:00 → 02:00 at 01:00 UTC.
  assertEquals(row("02:30", "2026-10-24T12:00:00Z", 2), ["10-25T00:30", "10-26T01:30"]);
  assertEquals(row("02:30", "2026-10-25T01:05:00Z", 1), ["10-26T01:30"]);
  assertEquals(row("*:0/30", "2026-10-25T00:15:00Z", 4), [
    ...["10-25T00:30", "10-25T01:00", "10-25T01:30", "10-25T02:00"],
  ]);
  // Everything of a day that a zone left out (Samoa, 2011-12-30).
  assertEquals(
    nextOf("2011-12-30 12:00", "2011-12-29T00:00:00Z", "Pacific/Apia"),
    "2011-12-30T10:00:00",
  );
  assertEquals(nextOf("02:30 UTC", "2026-03-29T00:15:00Z", zone), "2026-03-29T02:30:00");
  assertThrows(() => parseCalendarEvent("daily").next(0, "Nowhere/City"), RangeError);
});

/** Wrong texts, and what the error must say. */
const WRONG: readonly (readonly [text: string, why: string, character: number])[] = [
  ["", "it is empty", 1],
  ["   ", "it is empty", 1],
  ["soon", "'soon' is no weekday, and no word such as daily", 1],
  ["mon,tues 2:00", "'tues' is no weekday", 5],
  ["mon, 2:00", "'' is no weekday", 5],
  ["mon..", "'' is no weekday", 6],
  ["mon..tue..wed", "'mon..tue..wed' is no range of weekdays", 1],
  ["25:00", "hours go from 0 to 23, not 25", 1],
  ["mon..fri 02:60", "minutes go from 0 to 59, not 60", 13],
  ["2:00:60", "seconds go from 0 to 59, not 60", 6],
  ["*-13-01", "months go from 1 to 12, not 13", 3],
  ["*-*-0", "days go from 1 to 31, not 0", 5],
  ["1969-1-1", "years go from 1970 to 2199, not 1969", 1],
  ["2200-1-1", "years go from 1970 to 2199, not 2200", 1],
  ["*:0/0", "every 0 minutes is never", 3],
  ["5..1:00", "the range '5..1' ends before it begins", 1],
  ["*..5:00", "'*..5' says no hours", 1],
  ["1,,2:00", "'' says no hours", 3],
  ["2:-5", "'2:' says no months", 1],
  ["-5", "'' says no months", 1],
  ["2:0.5", "'0.5' says no minutes", 3],
  ["1-2-3-4", "a date is YEARS-MONTHS-DAYS or MONTHS-DAYS", 1],
  ["1:2:3:4", "a time is HOURS:MINUTES or HOURS:MINUTES:SECONDS", 1],
  ["02:30 mon", "'mon' follows what is whole", 7],
  ["02:30 Europe/Berlin", "'europe/berlin' follows what is whole", 7],
  ["2:00 utc utc", "'utc' follows what is whole", 6],
  ["*-*~1", "'*~1' says no days", 3],
  ["utc", "'utc' is no weekday", 1],
  ["constructor", "'constructor' is no weekday", 1],
  ["02:30; rm -rf /", "'30;' says no minutes", 4],
  ["0".repeat(2000), "it is longer than 1000 characters", 1],
];

Deno.test("parseCalendarEvent() says what is wrong, and where", () => {
  for (const [text, why, character] of WRONG) {
    const error = assertThrows(() => parseCalendarEvent(text), UsageError, why, text);
    assert(error.message.includes(`(character ${character})`), error.message);
  }
});

testWithPeers(
  "CalendarEvent.next() has the times of systemd",
  ["systemd-analyze"],
  async () => {
    const iterations = 5;
    const names = Object.keys(DUE).map((event) => event.trim());
    for (const zone of ["UTC", "Asia/Kolkata", "America/New_York"]) {
      const output = await runPeer("env", [
        ...[`TZ=${zone}`, "LC_ALL=C", "systemd-analyze", "calendar", `--iterations=${iterations}`],
        // Until the end of summer time, where we mean to differ.
        ...["--base-time=2026-03-30 11:17:23 UTC", ...names],
      ]);
      const blocks = output.trim().split("\n\n");
      assertEquals(blocks.length, names.length);
      for (const [i, block] of blocks.entries()) {
        const line = zone === "UTC"
          ? /\w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC/g
          : /\(in UTC\): \w{3} (\S+ \S+) UTC/g;
        // An event in UTC has no second line.
        const isUtc = names[i]!.endsWith("UTC");
        const times = [
          ...block.matchAll(isUtc ? /\w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC/g : line),
        ]
          .map(([, time]) => time!.replace(" ", "T"));
        let after = "2026-03-30T11:17:23";
        for (const time of times) {
          assertEquals(nextOf(names[i]!, `${after}Z`, zone), time, `${names[i]} ${zone}\n${block}`);
          after = time;
        }
        if (times.length < iterations) {
          assertEquals(nextOf(names[i]!, `${after}Z`, zone), undefined, names[i]);
        }
      }
    }
  },
);

/** A list of a field, by the values that a stranger to our parser would take from it. */
function fieldArbitrary(
  lowest: number,
  highest: number,
): fc.Arbitrary<{ text: string; fits: (value: number) => boolean }> {
  const item = fc.tuple(fc.integer({ min: lowest, max: highest }), fc.nat(9), fc.nat(4)).map(
    ([first, more, step]) => {
      const last = Math.min(first + more, highest);
      const shapes = [`${first}`, `${first}..${last}`, `${first}/${step + 1}`];
      return { text: shapes[more % 3]!, shape: more % 3, first, last, step: step + 1 };
    },
  );
  const list = fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => ({
    text: items.map(({ text }) => text).join(","),
    fits: (value: number) =>
      items.some(({ shape, first, last, step }) => {
        if (shape === 0) return value === first;
        if (shape === 1) return value >= first && value <= last;
        return value >= first && (value - first) % step === 0;
      }),
  }));
  return fc.oneof(fc.constant({ text: "*", fits: () => true }), list);
}

Deno.test("nothing that fits lies between a time and the next one", () => {
  const names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
  fc.assert(
    fc.property(
      fc.record({
        days: fc.subarray(names, { minLength: 1 }),
        day: fieldArbitrary(1, 31),
        hour: fieldArbitrary(0, 23),
        minute: fieldArbitrary(0, 59),
      }),
      // Around the two jumps of a year, and anywhere.
      fc.oneof(
        fc.integer({ min: 1774659600, max: 1774836000 }),
        fc.integer({ min: 1792800000, max: 1792976400 }),
        fc.integer({ min: 9e8, max: 4e9 }),
      ),
      (fields, after) => {
        const text =
          `${fields.days.join()} *-*-${fields.day.text} ${fields.hour.text}:${fields.minute.text}`;
        const due = parseCalendarEvent(text).next(after, "UTC");
        const fits = (time: number) => {
          const date = new Date(time * 1000);
          return fields.days.includes(names[(date.getUTCDay() + 6) % 7]!) &&
            fields.day.fits(date.getUTCDate()) && fields.hour.fits(date.getUTCHours()) &&
            fields.minute.fits(date.getUTCMinutes());
        };
        if (due !== undefined) assert(due > after && due % 60 === 0 && fits(due), `${text} ${due}`);
        const end = Math.min(due ?? Infinity, after + 3 * 86_400);
        for (let time = (Math.floor(after / 60) + 1) * 60; time < end; time += 60) {
          assert(!fits(time), `${text} after ${after}: ${time} before ${due}`);
        }
        const local = parseCalendarEvent(text).next(after, "Europe/Berlin");
        if (local === undefined) return;
        assert(local > after);
        // What the wall shows then fits, or the clock has just jumped over what fits.
        const wall = (time: number) => time + berlinOffset(time);
        const jumped = wall(local) - wall(local - 1) - 1;
        const shown = Array.from({ length: jumped / 60 + 1 }, (_, i) => wall(local) - i * 60);
        assert(shown.some(fits), `${text} after ${after}: ${local}`);
      },
    ),
    { numRuns: 300 },
  );
});

/** Seconds by which Berlin is ahead of UTC: European summer time, by its rule. */
function berlinOffset(time: number): number {
  const year = new Date(time * 1000).getUTCFullYear();
  const lastSunday = (month: number) => {
    const last = new Date(Date.UTC(year, month, 31, 1));
    return (last.getTime() - last.getUTCDay() * 86_400_000) / 1000;
  };
  return time >= lastSunday(2) && time < lastSunday(9) ? 7200 : 3600;
}
